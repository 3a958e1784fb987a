"""What a reference is called within a report, whose title names the registry or repository once."""

from __future__ import annotations

from regexplore.show.text import short_reference


def within(reference: str, source: str) -> str:
    """Give a reference without what was audited in front of it.

    Examples
    --------
    >>> within("localhost:5000/demo/app:v1", "localhost:5000")
    'demo/app:v1'
    >>> within("localhost:5000/demo/app:v1", "localhost:5000/demo/app")
    'app:v1'
    """
    for parent in (f"{source}/", source.rpartition("/")[0] + "/"):
        if len(parent) > 1 and reference.startswith(parent):
            return short_reference(reference.removeprefix(parent))
    return short_reference(reference)
