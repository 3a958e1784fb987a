"""Names from pages: filtered, limited, and kept when the listing ends early."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Sequence

from regexplore.errors import RegexploreError
from regexplore.frames.facts import told
from regexplore.frames.origin import Origin
from regexplore.show.progress import Progress, Show
from regexplore.show.text import count


def listed(
    pages: Iterable[Sequence[str]],
    noun: str,
    origin: Origin,
    *,
    match: str | None = None,
    limit: int | None = None,
    progress: Show = None,
    on_page: Callable[[Sequence[str]], None] = lambda _: None,
) -> list[str]:
    """Give the names of all pages; what arrived before an error or an interrupt is kept.

    Parameters
    ----------
    pages
        The lazy listing.
    noun
        What is listed, in the singular.
    origin
        Learns why the names may not be all.
    match
        A glob that names must match.
    limit
        No page is asked for once there are so many names.
    progress
        How progress is shown.
    on_page
        Called with each page as it arrives.

    Raises
    ------
    RegexploreError
        Nothing arrived before it.
    """
    names: list[str] = []
    with Progress(noun, show=progress) as shown:
        try:
            for page in pages:
                on_page(page)
                names += [name for name in page if match is None or fnmatch.fnmatchcase(name, match)]
                shown.advance(len(page), note=origin.spent)
                if limit is not None and len(names) >= limit:
                    origin.partial(f"limit={limit} reached, there may be more")
                    break
        except KeyboardInterrupt:
            shown.stop()
            origin.partial(f"stopped after {count(len(names), noun)}")
        except RegexploreError as error:
            if not names:
                raise
            origin.partial(f"listing ended after {count(len(names), noun)}: {told(error)}")
    return names[:limit]
