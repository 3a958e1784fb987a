"""The referrers on a card: those that were asked for before, never asked for the card's sake."""

from __future__ import annotations

from dataclasses import dataclass

from regexplore.frames.facts import CREATED, is_attestation
from regexplore.frames.found import Found, merged
from regexplore.oci import Descriptor
from regexplore.oci.image_config import parse_time
from regexplore.show import value as values
from regexplore.show.card import Facts, Section
from regexplore.show.table import Table

NOT_ASKED = "not asked yet: call .referrers()"
NONE_FOUND = "none found (looked at: referrers API or referrers tag)"


@dataclass(frozen=True, slots=True)
class ReferrersSeen:
    """What the last search found, and why it may not be all."""

    found: tuple[Found, ...]
    reasons: tuple[str, ...] = ()


def referrers_section(seen: ReferrersSeen | None) -> Section:
    """Give the referrers of the last search, or the words that nobody searched."""
    if seen is None:
        return Section("Referrers", Facts(()), count="?", note=NOT_ASKED)
    note = "partial: " + "; ".join(seen.reasons) if seen.reasons else ""
    found = merged(seen.found)
    if not found:
        return Section("Referrers", Facts(()), note=note or NONE_FOUND)
    rows = [
        (
            _named(one.referrer),
            values.digest(one.referrer.digest, short=True),
            values.digest(one.subject, short=True),
            one.platform or None,
            one.depth,
            one.channel,
            values.day(parse_time((one.referrer.annotations or {}).get(CREATED, ""))),
        )
        for one in found
    ]
    columns = ["artifact type", "digest", "refers to", "platform", "depth", "channel", "created"]
    return Section(
        "Referrers", Table.of(columns, rows, numeric=["depth"], sparse=["platform", "created"]), note=note
    )


def _named(referrer: Descriptor) -> str:
    return referrer.artifact_type or ("BuildKit attestation" if is_attestation(referrer) else "")
