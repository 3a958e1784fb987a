"""What tags of one or several repositories share: bytes saved, bytes that a deletion would free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from regexplore.content.pool import map_bounded
from regexplore.errors import RegexploreError
from regexplore.frames.facts import told
from regexplore.frames.origin import Origin
from regexplore.objects.collection import Collection
from regexplore.oci import Descriptor, Digest, Index, media_types
from regexplore.show import text as words
from regexplore.show import value as values
from regexplore.show.card import Card, Facts, Section
from regexplore.show.progress import Progress, Show
from regexplore.show.shown import Shown
from regexplore.show.table import Table
from regexplore.show.value import Value

if TYPE_CHECKING:
    import pandas as pd

BAR = 24


class Sharing(Shown):
    """Content of many tags, and which of it they share.

    Made by `sharing`. Costs no further request.

    Examples
    --------
    >>> shared = rx.sharing(repo, progress=None)
    >>> shared.complete, len(shared.content) > 0
    (True, True)
    """

    def __init__(self, contents: Mapping[str, Mapping[Digest, int]], origin: Origin) -> None:
        self._contents = contents
        self._origin = origin

    @property
    def complete(self) -> bool:
        """Whether every tag could be read."""
        return self._origin.complete

    @cached_property
    def tags(self) -> pd.DataFrame:
        """One row for each tag: total, shared and unique bytes (`regexplore.frames.sharing.SHARING`)."""
        from regexplore.frames.sharing import sharing_frame

        return sharing_frame(self._contents, self._origin)

    @cached_property
    def content(self) -> pd.DataFrame:
        """One row for each layer, config and manifest, with the number of tags that hold it."""
        from regexplore.frames.sharing import shared_content_frame

        return shared_content_frame(self._contents, self._origin)

    def freed_by(self, *references: str) -> int:
        """Give the bytes that deleting all these tags together would free.

        Parameters
        ----------
        *references
            As in the column ``reference`` of `tags`.

        Raises
        ------
        KeyError
            One of them was not looked at.
        """
        gone = {digest for name in references for digest in self._contents[name]}
        kept = {digest for name, held in self._contents.items() if name not in references for digest in held}
        sizes = {digest: size for held in self._contents.values() for digest, size in held.items()}
        return sum(sizes[digest] for digest in gone - kept)

    def _card(self) -> Card:
        tags = self.tags
        stored = int(self.content["size"].sum())
        named = int(tags["total"].sum())
        largest = max(int(tags["total"].max()) if len(tags) else 0, 1)
        sorted_tags = tags.sort_values("unique", ascending=False)
        columns = [sorted_tags[name].tolist() for name in ("reference", "total", "shared", "unique")]
        rows = [
            (
                Value(reference.partition("/")[2], title=reference),
                values.size(total),
                values.size(unique),
                Value(_bar(shared, unique, largest), "█ shared with other tags, ░ its own", look="bar"),
            )
            for reference, total, shared, unique in zip(*columns, strict=True)
        ]
        table = Table.of(
            ["reference", "total", "its own", "█ shared ░ its own"], rows, numeric=["total", "its own"]
        )
        return Card(
            "repository",
            self._origin.source,
            (words.count(len(tags), "tag"), f"{values.size(stored).text} stored"),
            facts=Facts(
                (
                    ("stored", values.size(stored, exact=True)),
                    ("sum of all tags", values.size(named, exact=True)),
                    ("saved by sharing", values.size(named - stored, exact=True)),
                )
            ),
            notes=self._origin.reasons,
            sections=(Section("Tags, what only they hold first", table, open=True),),
        )


def sharing(*places: Collection, match: str | None = None, progress: Show = True) -> Sharing:
    """Look at the tags of repositories or layouts, and at what they share.

    Costs one request for each tag and for each image of an index; layers are not read. Referrers do not count.

    Parameters
    ----------
    *places
        Repositories or layouts.
    match
        Only tags that fit this glob.
    progress
        As everywhere.

    Examples
    --------
    >>> rx.sharing(repo, progress=None).tags["reference"].is_unique
    True
    """
    source = ", ".join(place._source.name for place in places)
    origin = Origin(source, places[0]._source.requests if places else None)
    wanted = [(place, tag) for place in places for tag in place.tags(match=match, progress=None)["tag"]]
    contents: dict[str, dict[Digest, int]] = {}
    with Progress("tag", len(wanted), show=progress) as shown:
        outcomes = map_bounded(_below, wanted, on_result=lambda _: shown.advance(note=origin.spent))
        if outcomes.interrupted:
            shown.stop()
            origin.partial(f"stopped at {len(outcomes)} of {len(wanted)} tags")
    for outcome in outcomes:
        place, tag = outcome.item
        name = f"{place._source.name}:{tag}"
        try:
            held, problems = outcome.result()
        except RegexploreError as error:
            origin.partial(f"{name}: {told(error)}")
            continue
        contents[name] = held
        for problem in problems:
            origin.partial(f"{name}: {problem}")
    for place in places:
        place._source.settle()
    return Sharing(contents, origin)


def _below(item: tuple[Collection, str]) -> tuple[dict[Digest, int], list[str]]:
    """Give the size of everything below a tag, and what could not be read."""
    place, tag = item
    document = place._source.by_reference(place._bare(tag))
    held: dict[Digest, int] = {}
    problems: list[str] = []
    waiting: list[Descriptor] = [document.descriptor]
    while waiting:
        descriptor = waiting.pop()
        if descriptor.digest in held:
            continue
        held[descriptor.digest] = descriptor.size
        if not media_types.is_manifest(descriptor.media_type):
            continue
        try:
            found = place._source.by_descriptor(descriptor)
        except RegexploreError as error:
            problems.append(f"{descriptor.digest.short}: {told(error)}")
            continue
        waiting += _parts(found.manifests if isinstance(found, Index) else found.successors(), found.subject)
    return held, problems


def _parts(children: Iterable[Descriptor], subject: Descriptor | None) -> list[Descriptor]:
    return [child for child in children if subject is None or child.digest != subject.digest]


def _bar(shared: int, unique: int, largest: int) -> str:
    full = round(BAR * shared / largest)
    return "█" * full + "░" * max(round(BAR * (shared + unique) / largest) - full, 1 if unique else 0)
