"""The one escaper: every text that came from outside passes here before it is shown.

A notebook trusts the output of the cell it just ran, so a tag or an annotation that reaches the page as
markup is code in the reader's browser. And a terminal obeys escape sequences. Frames keep the raw values;
what is *shown* goes through `html`, `attr`, `link` or `terminal`.
"""

from __future__ import annotations

import html as _html
import re
from urllib.parse import urlsplit

from regexplore.visible import spelled_out

MAX_URL_LENGTH = 2048
ATTRIBUTE_NAME = re.compile(r"[a-z][a-z-]{0,30}")


class Markup(str):
    """Text that is HTML already, because this package built it."""

    __slots__ = ()


def terminal(text: object, *, multiline: bool = False) -> str:
    r"""Give ``text`` with every control, bidirectional and invisible character spelled out.

    Parameters
    ----------
    text
        Anything; it is turned into a string first.
    multiline
        Keep line feeds and tabs, for a document that is shown line by line.

    Examples
    --------
    >>> print(terminal("v1\u202etxt.exe\x1b[2J"))
    v1\u{202e}txt.exe\u{1b}[2J
    """
    return spelled_out(str(text), multiline=multiline)


def html(text: object, *, multiline: bool = False) -> Markup:
    """Give ``text`` as HTML that shows it and does nothing else; what is `Markup` already stays as it is.

    Examples
    --------
    >>> html("<script>")
    '&lt;script&gt;'
    """
    if isinstance(text, Markup):
        return text
    return Markup(_html.escape(terminal(text, multiline=multiline), quote=True))


def attr(name: str, value: object) -> Markup:
    """Give ``name="value"`` for a tag, the value escaped.

    Raises
    ------
    ValueError
        If ``name`` is not a plain attribute name, or is an event handler.

    Examples
    --------
    >>> attr("title", 'say "hi"')
    'title="say &quot;hi&quot;"'
    """
    if ATTRIBUTE_NAME.fullmatch(name) is None or name.startswith("on"):
        raise ValueError(f"not an attribute this package writes: {name!r}")
    # str() drops the Markup mark: what goes into an attribute is always escaped.
    return Markup(f'{name}="{html(str(value))}"')


def url(text: object) -> str | None:
    """Give ``text`` if it is an address that may be clicked, else None.

    Only http and https, a host, no user name or password before it, and plain printable ASCII.

    Examples
    --------
    >>> url("javascript:alert(1)") is None
    True
    """
    address = str(text)
    if (
        len(address) > MAX_URL_LENGTH
        or not address.isascii()
        or re.search(r"[\s\x00-\x20\x7f\\<>\"']", address)
    ):
        return None
    try:
        parts = urlsplit(address)
        hostname = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not hostname or "@" in parts.netloc:
        return None
    return address


def link(target: object, label: object | None = None) -> Markup:
    """Give a link to ``target``, or only its text when it is not an address that may be clicked."""
    shown = html(target if label is None else label)
    address = url(target)
    if address is None:
        return shown
    return Markup(f"<a {attr('href', address)} {attr('rel', 'noopener noreferrer')}>{shown}</a>")
