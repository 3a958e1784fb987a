"""The repositories of a registry, as a frame: names only, or with their newest tag.

Cost: names cost one request a page. Detail costs, for each repository, one request for each page of tags, one
GET for the tag shown and one for its image config.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from regexplore.errors import RegexploreError
from regexplore.frames.facts import told
from regexplore.frames.order import version_key
from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, TIME, WHOLE, Row, Schema
from regexplore.frames.tags import Reader, tag_row

REPOSITORIES = Schema.of(("repository", TEXT, "name of the repository, without the registry"))

REPOSITORY_DETAILS = Schema.of(
    *((column.name, column.dtype, column.meaning) for column in REPOSITORIES.columns),
    ("tags", WHOLE, "number of tags"),
    ("latest", TEXT, "the tag latest, or else the last one in the order of versions"),
    ("digest", TEXT, "digest that tag names"),
    ("created", TIME, "when it was made, as it says itself"),
    ("size", WHOLE, "bytes of its manifest, config and layers; not known for an index"),
    ("error", TEXT, "why the row is not complete"),
)


def repositories_frame(names: Iterable[str], origin: Origin) -> pd.DataFrame:
    """Give one row for each name, in the order of the registry."""
    return REPOSITORIES.frame(({"repository": name} for name in names), origin)


def joined_repository_details(frames: Sequence[pd.DataFrame], origin: Origin) -> pd.DataFrame:
    """Give the frame of all rows of some frames of `REPOSITORY_DETAILS`, in their order."""
    failed, rows = (sum(int(part[of].count()) for part in frames) for of in ("error", "repository"))
    if failed:
        origin.partial(f"{failed} of {rows} repositories could not be read in full; see the column error")
    return REPOSITORY_DETAILS.joined(frames, origin)


def latest_tag(tags: Sequence[str]) -> str | None:
    """Give ``latest`` if it is there, else the last tag in the order of versions; None without tags."""
    if "latest" in tags:
        return "latest"
    return max(tags, key=version_key, default=None)


def repository_row(name: str, pages: Iterable[Sequence[str]], reader: Reader) -> Row:
    """Give the row of one repository. What goes wrong is told in its ``error`` and never raised."""
    try:
        tags = [tag for page in pages for tag in page]
    except RegexploreError as error:
        return {"repository": name, "error": told(error)}
    latest = latest_tag(tags)
    if latest is None:
        return {"repository": name, "tags": 0}
    row = tag_row(latest, reader)
    return {
        "repository": name,
        "tags": len(tags),
        "latest": latest,
        "digest": row.get("digest"),
        "created": row.get("created"),
        "size": row.get("total_size"),
        "error": row.get("error"),
    }
