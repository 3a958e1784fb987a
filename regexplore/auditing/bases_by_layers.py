"""Base images that nobody names: told by the layers that an image begins with.

Compared are images of the same audit only. The longest image that another begins with is its base, as far as is known.
"""

from __future__ import annotations

from collections.abc import Iterable

from regexplore.auditing.subjects import AuditedManifest, Base

LAYERS = "layers"


def find_bases_by_layers(manifests: Iterable[AuditedManifest]) -> None:
    """Give each image that claims no base the one whose layers it begins with, if there is one."""
    images = [one for one in manifests if one.is_image and one.config is not None and one.config.diff_ids]
    known: dict[tuple[str, ...], AuditedManifest] = {}
    for one in images:
        known.setdefault(_diff_ids(one), one)
    for one in images:
        # Evidence decides whether something is claimed; where it was not read, nothing is added.
        if one.bases or not one.evidence_read:
            continue
        own = _diff_ids(one)
        found = next((known[own[:n]] for n in range(len(own) - 1, 0, -1) if own[:n] in known), None)
        if found is not None:
            digest = str(found.digest)
            near = found.repository == one.repository and found.tags
            name = found.tags[0] if near else found.reference
            one.bases = (Base(name, digest, LAYERS, True, digest, _diff_ids(found)),)


def _diff_ids(one: AuditedManifest) -> tuple[str, ...]:
    return tuple(map(str, one.config.diff_ids)) if one.config is not None else ()
