"""Helm charts in a registry: the chart's own words, and the provenance file that may lie beside it.

A provenance file is a text signed with OpenPGP: the chart's metadata, then the digest of each file. The signature is
not checked here; whether the file is about this chart is.

Source: Helm documentation, "Helm Provenance and Integrity"; helm ``pkg/registry``, ``pkg/provenance``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from regexplore.errors import DocumentError

BEGIN, SIGNATURE = "-----BEGIN PGP SIGNED MESSAGE-----", "-----BEGIN PGP SIGNATURE-----"
MAX_LINES = 10_000
_FIELD = re.compile(r"(name|version): *[\"']?([^\"'\s]{1,300})[\"']? *", re.ASCII)
_FILE = re.compile(r" +[\"']?([^\"':]{1,300})[\"']?: *[\"']?(sha256:[0-9a-f]{64})[\"']? *", re.ASCII)


@dataclass(frozen=True, slots=True)
class ChartProvenance:
    """What a provenance file says.

    Attributes
    ----------
    name, version : str
        Of the chart.
    files : mapping of str to str
        Digest of each file, ``sha256:...``, by its name.
    """

    name: str
    version: str
    files: Mapping[str, str]


def parse_provenance(body: bytes) -> ChartProvenance:
    """Read a provenance file; its signature is not checked.

    Raises
    ------
    DocumentError
        It is no signed message, or names no file.
    """
    lines = body.decode("utf-8", "replace").splitlines()[:MAX_LINES]
    if not lines or lines[0].strip() != BEGIN or SIGNATURE not in (line.strip() for line in lines):
        raise DocumentError("no OpenPGP signed message")
    signed = lines[1 : next(n for n, line in enumerate(lines) if line.strip() == SIGNATURE)]
    said: dict[str, str] = {}
    files: dict[str, str] = {}
    within = False
    for line in signed:
        # A signed message puts "- " before lines that begin with a dash.
        plain = line.removeprefix("- ")
        if plain.rstrip() == "files:":
            within = True
        elif within and (found := _FILE.fullmatch(plain)):
            files[found[1]] = found[2]
        elif not within and (field := _FIELD.fullmatch(plain)):
            said.setdefault(field[1], field[2])
    if not files:
        raise DocumentError("the provenance file names no file")
    return ChartProvenance(said.get("name", ""), said.get("version", ""), files)
