"""What is done to a repository, and the columns of what comes of it.

Each kind of work gives rows for one repository. What goes wrong with one tag is a row with its ``error``; what goes
wrong with the whole repository is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from regexplore.content.pool import map_bounded
from regexplore.errors import RegexploreError, StoppedError
from regexplore.frames.facts import is_platform, told
from regexplore.frames.order import version_key
from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, Row, Schema
from regexplore.objects.artifact import Artifact
from regexplore.objects.image import Image
from regexplore.objects.index import Index
from regexplore.objects.repository import Repository
from regexplore.show.text import count

if TYPE_CHECKING:
    import pandas as pd

FrameWork = Callable[[Repository], "pd.DataFrame"]
"""A user's own work: a repository to a frame. For processes and clusters it must be importable there."""

RowWork = Callable[[Repository, Origin, Executor], list[Row]]


@dataclass(frozen=True)
class Kind:
    """One kind of work: its rows, and the columns they have beside ``repository``."""

    rows: RowWork
    schema: Schema


def tag_rows(repository: Repository, origin: Origin, executor: Executor) -> list[Row]:
    """Give one row for each tag, as in `regexplore.frames.tags.TAG_DETAILS`."""
    from regexplore.frames.tags import tag_row

    return _for_each_tag(repository, origin, executor, lambda tag: [tag_row(tag, repository._source)])


def referrer_rows(repository: Repository, origin: Origin, executor: Executor) -> list[Row]:
    """Give one row for each referrer of what the tags name, platforms and referrers of referrers included."""
    return _for_each_tag(repository, origin, executor, partial(_referrers, repository))


def layer_rows(repository: Repository, origin: Origin, executor: Executor) -> list[Row]:
    """Give one row for each layer of what the tags name; of an index, for each platform."""
    return _for_each_tag(repository, origin, executor, partial(_layers, repository))


def kind_of(name: str) -> Kind:
    """Give the kind of work that a name stands for.

    Raises
    ------
    ValueError
        There is no such kind.
    """
    from regexplore.frames.layers import LAYERS
    from regexplore.frames.referrers import REFERRERS
    from regexplore.frames.tags import TAG_DETAILS

    tag = ("tag", TEXT, "the tag that leads there")
    platform = ("platform", TEXT, "platform of the image, when the tag names an index")
    kinds = {
        "tags": Kind(tag_rows, TAG_DETAILS),
        "referrers": Kind(referrer_rows, _with(REFERRERS, tag)),
        "layers": Kind(layer_rows, _with(LAYERS, tag, platform)),
    }
    if name not in kinds:
        raise ValueError(f"work is {', '.join(map(repr, kinds))} or a function, not {name!r}")
    return kinds[name]


def _with(schema: Schema, *before: tuple[str, str, str]) -> Schema:
    known = ((column.name, column.dtype, column.meaning) for column in schema.columns)
    return Schema.of(*before, *known, ("error", TEXT, "why this tag, or a part of it, could not be read"))


def _for_each_tag(
    repository: Repository, origin: Origin, executor: Executor, rows_of: Callable[[str], Iterable[Row]]
) -> list[Row]:
    def rows(tag: str) -> list[Row]:
        try:
            return list(rows_of(tag))
        except RegexploreError as error:
            return [{"tag": tag, "error": told(error)}]

    tags = sorted(_tags(repository, origin), key=version_key)
    outcomes = map_bounded(rows, tags, executor=executor)
    if outcomes.interrupted:
        raise StoppedError(f"stopped in {repository.reference.repository}")
    found = [row for outcome in outcomes for row in outcome.result()]
    failed = sum(bool(row.get("error")) for row in found)
    if failed:
        origin.partial(f"{failed} of {len(found)} rows carry an error")
    return found


def _tags(repository: Repository, origin: Origin) -> list[str]:
    names: list[str] = []
    try:
        for page in repository.tag_pages():
            names += page
    except RegexploreError as error:
        if not names:
            raise
        origin.partial(f"listing ended after {count(len(names), 'tag')}: {told(error)}")
    return names


def _referrers(repository: Repository, tag: str) -> Iterator[Row]:
    for row in _plain(repository.get(tag).referrers(recursive=True)):
        yield {"tag": tag, **row}


def _layers(repository: Repository, tag: str) -> Iterator[Row]:
    artifact = repository.get(tag)
    if not isinstance(artifact, Index):
        config = artifact._config if isinstance(artifact, Image) else None
        yield from _layers_of(artifact, tag, str(config.platform) if config else "")
        return
    for child in filter(is_platform, artifact.manifests):
        platform = str(child.platform)
        try:
            yield from _layers_of(artifact[child.digest], tag, platform)
        except RegexploreError as error:
            yield {"tag": tag, "platform": platform, "error": told(error)}


def _layers_of(artifact: Artifact, tag: str, platform: str) -> Iterator[Row]:
    for row in _plain(artifact.layers()):
        # What else this process happens to have read is no fact of the repository.
        yield {"tag": tag, "platform": platform, **row, "shared_with": None}


def _plain(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Give the rows of a frame as plain values, and one more with the reasons if it is partial."""
    import pandas as pd

    for row in frame.to_dict("records"):
        yield {str(name): None if pd.isna(value) else value for name, value in row.items()}
    if not frame.attrs["complete"]:
        yield {"error": "; ".join(frame.attrs["reasons"])}
