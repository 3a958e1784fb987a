"""Markup is built from elements, never from strings: what is not `Markup` is escaped on the way in."""

from __future__ import annotations

from regexplore.show.escape import Markup, attr, html

ELEMENTS = frozenset(
    [
        "a",
        "b",
        "code",
        "details",
        "div",
        "p",
        "pre",
        "small",
        "span",
        "summary",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
    ]
)
"""The elements that reprs consist of; all of them survive the sanitisers of JupyterLab and GitHub."""


def element(name: str, *content: object, **attributes: object) -> Markup:
    """Give one element with its content, text escaped.

    Parameters
    ----------
    name
        One of `ELEMENTS`.
    content
        `Markup` is kept, anything else is shown as text; None and "" add nothing.
    attributes
        ``class_`` stands for ``class``; True gives a bare attribute; None, False and "" leave it out.

    Raises
    ------
    ValueError
        For an element or attribute that reprs do not use.

    Examples
    --------
    >>> element("td", "<b>", class_="rx-number")
    '<td class="rx-number">&lt;b&gt;</td>'
    """
    if name not in ELEMENTS:
        raise ValueError(f"not an element this package writes: {name!r}")
    opening = "".join(_attribute(key, value) for key, value in attributes.items())
    inside = "".join(html(part) for part in content if part is not None)
    return Markup(f"<{name}{opening}>{inside}</{name}>")


def joined(parts: list[Markup] | tuple[Markup, ...], separator: str = "") -> Markup:
    """Give several pieces of markup as one, with text in between."""
    return Markup(html(separator).join(parts))


def _attribute(key: str, value: object) -> str:
    if value is None or value is False or value == "":
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {attr(name, name if value is True else value)}"
