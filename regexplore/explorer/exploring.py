"""Opening an explorer."""

from __future__ import annotations

from typing import Any

from regexplore.explorer.application import Explorer
from regexplore.explorer.target import open_target
from regexplore.objects import Registry
from regexplore.objects.collection import Collection


def explore(target: Registry | Collection | str, **changes: Any) -> Explorer:
    """Open a registry, a repository or a layout to click through.

    Costs one request for the first page of repositories, one for the first page of tags of a repository that
    is opened, and one or two for a tag; every tab asks for what it shows when it is opened.

    Parameters
    ----------
    target
        A `Registry`, `Repository` or `Layout`; or ``host``, ``host/repository``, ``host/repository:tag``; or
        the path of a layout.
    **changes
        For names: what `Registry` takes, such as ``plain_http=True``.

    Returns
    -------
    Explorer
        Shows itself in a cell; ``selected`` and ``frame`` give what is on the screen.

    Raises
    ------
    InvalidReferenceError
        The text is neither a path nor a reference.
    NotFoundError
        There is no layout at the path.

    Examples
    --------
    >>> explorer = rx.explore(registry)
    >>> explorer.wait()
    <explorer 127.0.0.1:... · ...>
    >>> explorer.close()
    """
    return Explorer(open_target(target, **changes))
