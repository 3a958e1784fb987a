"""What tags share and what each has for itself, as frames."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import pandas as pd

from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, WHOLE, Schema
from regexplore.oci import Digest

# Where a tag is (``repository:tag``), and the size of each piece of content below it.
Contents = Mapping[str, Mapping[Digest, int]]

SHARED_CONTENT = Schema.of(
    ("digest", TEXT, "digest of a layer, config or manifest"),
    ("size", WHOLE, "bytes as stored"),
    ("count", WHOLE, "how many of the tags looked at hold it"),
    ("saved", WHOLE, "bytes that sharing saves: size times (count - 1)"),
    ("tags", TEXT, "the tags that hold it, the first ten"),
)
SHARING = Schema.of(
    ("reference", TEXT, "repository and tag"),
    ("total", WHOLE, "bytes of everything below the tag"),
    ("shared", WHOLE, "bytes of it that other tags hold too"),
    ("unique", WHOLE, "bytes that no other tag looked at holds: what deleting the tag would free"),
    ("same_as", TEXT, "other tags with exactly the same content"),
)


def shared_content_frame(contents: Contents, origin: Origin) -> pd.DataFrame:
    """Give one row for each piece of content, what saves most first."""
    sizes, holders = _holders(contents)
    rows = [
        {
            "digest": digest,
            "size": sizes[digest],
            "count": len(names),
            "saved": sizes[digest] * (len(names) - 1),
            "tags": ", ".join(sorted(names)[:10]) + (" …" if len(names) > 10 else ""),
        }
        for digest, names in holders.items()
    ]
    rows.sort(key=lambda row: (-row["saved"], -row["size"], row["digest"]))  # type: ignore[operator]
    return SHARED_CONTENT.frame(rows, origin)


def sharing_frame(contents: Contents, origin: Origin) -> pd.DataFrame:
    """Give one row for each tag, in the order given."""
    sizes, holders = _holders(contents)
    alike: dict[frozenset[Digest], list[str]] = defaultdict(list)
    for name, held in contents.items():
        alike[frozenset(held)].append(name)
    rows = []
    for name, held in contents.items():
        unique = sum(sizes[digest] for digest in held if len(holders[digest]) == 1)
        total = sum(sizes[digest] for digest in held)
        others = [other for other in alike[frozenset(held)] if other != name]
        rows.append(
            {
                "reference": name,
                "total": total,
                "shared": total - unique,
                "unique": unique,
                "same_as": ", ".join(others),
            }
        )
    return SHARING.frame(rows, origin)


def _holders(contents: Contents) -> tuple[dict[Digest, int], dict[Digest, list[str]]]:
    sizes: dict[Digest, int] = {}
    holders: dict[Digest, list[str]] = defaultdict(list)
    for name, held in contents.items():
        for digest, size in held.items():
            sizes[digest] = size
            holders[digest].append(name)
    return sizes, holders
