"""What a registry says about how much may still be asked of it.

The same thing is written in many ways: ``RateLimit: "default";r=0;t=30`` (IETF draft 8 and later), ``RateLimit:
limit=100, remaining=0, reset=30`` (draft 7), ``RateLimit-Remaining: 0`` with ``RateLimit-Reset`` in seconds (drafts
before), ``ratelimit-remaining: 98;w=21600`` (Docker Hub), and ``X-RateLimit-Remaining`` with a reset that is a moment
in time (GitHub, hub.docker.com).

Source: draft-ietf-httpapi-ratelimit-headers 02 to 10; docs.docker.com "Docker Hub usage and limits".
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

_ONE_FIELD = "RateLimit"
_FAMILIES = ("RateLimit", "X-RateLimit", "X-Rate-Limit")
_NUMBER = re.compile(r"\s*(\d{1,15})(?:\.\d*)?\s*(?:[;,]|$)", re.ASCII)
_PARAMETER = re.compile(r"(?:^|[;,])\s*([a-z]+)\s*=\s*(\d{1,15})", re.ASCII)
_LONGEST = 1_000
# A reset larger than any window is a moment: seconds since 1970, or milliseconds.
_MOMENT, _MILLISECONDS = 10**9, 10**12


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left, as far as it is told.

    Attributes
    ----------
    remaining : int
        How many requests, or units of whatever the registry counts.
    limit : int or None
        Of how many.
    window : float or None
        In how many seconds.
    reset : float or None
        Seconds until there are more.
    """

    remaining: int
    limit: int | None = None
    window: float | None = None
    reset: float | None = None


def read_allowance(headers: Mapping[str, str]) -> Allowance | None:
    """Read what an answer says; None when it says nothing, or nothing that can be read."""
    text = headers.get(_ONE_FIELD)
    if text:
        return _of_one_field(text[:_LONGEST])
    for family in _FAMILIES:
        text = headers.get(f"{family}-Remaining")
        if text:
            return _of_family(family, text[:_LONGEST], headers)
    return None


def _of_one_field(text: str) -> Allowance | None:
    said = {key: int(value) for key, value in _PARAMETER.findall(text)}
    remaining = said.get("remaining", said.get("r"))
    if remaining is None:
        return None
    return Allowance(remaining, said.get("limit"), said.get("w"), said.get("reset", said.get("t")))


def _of_family(family: str, text: str, headers: Mapping[str, str]) -> Allowance | None:
    remaining = _number(text)
    if remaining is None:
        return None
    limit = headers.get(f"{family}-Limit", "")[:_LONGEST]
    window = dict(_PARAMETER.findall(f"{text};{limit}")).get("w")
    return Allowance(
        remaining,
        _number(limit),
        None if window is None else float(window),
        _seconds(_number(headers.get(f"{family}-Reset", "")[:_LONGEST])),
    )


def _number(text: str) -> int | None:
    found = _NUMBER.match(text)
    return int(found[1]) if found else None


def _seconds(reset: int | None) -> float | None:
    if reset is None or reset < _MOMENT:
        return reset
    return max(0.0, (reset / 1000 if reset >= _MILLISECONDS else reset) - time.time())
