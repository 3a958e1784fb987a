"""Copying a reference from one place to another, with a word on what was done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from regexplore.content.copy import COPIED, LEFT_OUT, MOUNTED, THERE, CopyOutcome, Target, copy_graph
from regexplore.content.store import ReadOnlyStore
from regexplore.errors import UnsupportedError
from regexplore.objects.artifact import Artifact
from regexplore.objects.layout import Layout
from regexplore.objects.repository import Repository
from regexplore.oci.digest import is_digest
from regexplore.show import text as words
from regexplore.show import value as values
from regexplore.show.card import Card, Facts
from regexplore.show.progress import Progress, Show
from regexplore.show.shown import Shown


class CopyReport(Shown):
    """What a copy did.

    Attributes
    ----------
    outcome : CopyOutcome
        What became of each piece of content.
    complete : bool
        Whether everything that was asked for is at the target.
    """

    def __init__(self, outcome: CopyOutcome, source: str, target: str) -> None:
        self.outcome = outcome
        self.complete = outcome.complete
        self._names = (source, target)

    def _card(self) -> Card:
        counts = [(fate, self.outcome.count(fate)) for fate in (COPIED, MOUNTED, THERE, LEFT_OUT)]
        facts = [(fate, values.value(count)) for fate, count in counts if count]
        facts += [
            ("bytes", values.size(self.outcome.copied_bytes, exact=True)),
            ("digest", values.digest(self.outcome.root.digest)),
        ]
        state = "complete" if self.complete else "not complete"
        return Card(
            "copy",
            f"{self._names[0]} to {self._names[1]}",
            (state, words.count(self.outcome.count(COPIED), "piece") + " copied"),
            facts=Facts(tuple(facts)),
            notes=tuple(self.outcome.notes),
        )


def copy(
    source: Repository | Layout | Artifact | str | Path,
    reference: str | None,
    target: Repository | Layout | str | Path,
    target_reference: str | None = None,
    *,
    referrers: bool = False,
    progress: Show = True,
) -> CopyReport:
    """Copy what a reference names, with everything it points at, to another repository or layout.

    Content that the target has is not sent; within one registry blobs are mounted. A copy that was stopped goes on
    where it ended when it is asked for again.

    Parameters
    ----------
    source
        A repository, a layout, or the text of either: ``localhost:5000/demo/app``, ``path/to/layout``.
    reference
        Tag or digest; None when the source is an `Artifact`.
    target
        Where to; a layout that is not there is made.
    target_reference
        The name at the target; that of the source unless given. Copies by digest get none.
    referrers
        Also what refers to any of it: signatures, SBOMs, attestations, and what refers to these.
    progress
        As everywhere: True, None or a callable.

    Returns
    -------
    CopyReport

    Raises
    ------
    NotFoundError
        The source has nothing of that name.
    UnsupportedError
        The target takes no content.
    RegexploreError
        Something could not be read or written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report = rx.copy(repo, "v1.2", folder, referrers=True, progress=None)
    ...     rx.Layout(folder).get("v1.2").digest == repo.resolve("v1.2").digest
    True
    """
    if isinstance(source, Artifact):
        store, name, reference = source._source.store, source._source.name, source.reference
        root = source.descriptor
        reference = reference.removeprefix(name).lstrip(":@")
    else:
        opened = _opened(source, create=False)
        store, name = opened, opened._source.name
        if reference is None:
            raise UnsupportedError("a reference is needed", hint="Name a tag or a digest of the source.")
        root = opened.get(reference).descriptor
    into = _opened(target, create=True)
    new_name = target_reference or ("" if is_digest(reference) else reference)
    outcome = _run(store, root, into, referrers=referrers, progress=progress)
    if outcome.complete and new_name:
        into.tag(root.plain(), new_name)
    return CopyReport(outcome, f"{name}:{reference}", f"{into._source.name}:{new_name or root.digest.short}")


def _run(
    store: ReadOnlyStore, root: Any, into: Repository | Layout, *, referrers: bool, progress: Show
) -> CopyOutcome:
    if not isinstance(into, Target):
        raise UnsupportedError(f"{into!r} takes no content")
    with Progress("piece", show=progress) as shown:
        outcome = copy_graph(
            store, root, into, referrers=referrers, on_result=lambda _, fate: shown.advance(note=fate)
        )
        if not outcome.complete:
            shown.stop()
    return outcome


def _opened(place: Repository | Layout | str | Path, *, create: bool) -> Repository | Layout:
    """Open what a text means: a path that exists or looks like one is a layout, anything else a repository."""
    if not isinstance(place, str | Path):
        return place
    text = str(place)
    is_path = isinstance(place, Path) or Path(text).exists() or text.startswith((".", "/", "~"))
    if is_path or "/" not in text:
        return Layout(Path(text).expanduser(), create=create)
    return Repository(text)
