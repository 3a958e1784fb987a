"""A sequence diagram as SVG: a life line for each host, an arrow there and an arrow back for each request.

The layout is small enough to be done by hand: everything begins at this process, so labels stand beside its line.
Every text goes through the escaper; colours are those of cards, light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regexplore.show.escape import Markup, attr, html
from regexplore.show.text import cut
from regexplore.show.theme import palette_rules, system_palette

_LEFT = 86
"""Where the line of this process is."""
_WIDE, _FIRST, _NEXT = 800, 520, 210
"""How far the last host is from this process where there is room, the first at least, and each from the one before."""
_TOP, _MESSAGE, _EXCHANGE = 52, 24, 62
_LETTER = 6.7
"""Width of a letter of the fixed-width font, a little more than it is."""
_BOX = 26
MAX_TITLE = 600
_WORDS = "this process"
_RULES = (
    ".rx-seq{background:var(--rx-ground);max-width:100%;height:auto}"
    '.rx-seq text{font:11px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--rx-text)}'
    ".rx-seq .rx-host{font-weight:600}.rx-seq .rx-muted{fill:var(--rx-muted)}"
    ".rx-seq .rx-good{fill:var(--rx-good)}.rx-seq .rx-error{fill:var(--rx-error)}"
    ".rx-seq rect{fill:var(--rx-raised);stroke:var(--rx-border)}"
    ".rx-seq path{stroke:var(--rx-text);fill:none}.rx-seq .rx-life{stroke:var(--rx-border)}"
    ".rx-seq .rx-back{stroke-dasharray:5 3}.rx-seq .rx-lost{stroke:var(--rx-error)}"
    ".rx-seq g:hover path{stroke-width:2.4}.rx-seq g:hover text{text-decoration:underline}"
)


@dataclass(frozen=True, slots=True)
class Message:
    """A request and its answer: what stands at the arrows, and what their tooltips say."""

    n: int
    host: str
    asked: str
    told: str
    asked_title: str
    told_title: str
    good: bool


def drawing(messages: Sequence[Message], left: int = 0) -> Markup:
    """Draw messages, to stand in a page; ``left`` counts requests that are not drawn."""
    return Markup(f"<style>{palette_rules('.rx-seq')}{_RULES}</style>{_svg(messages, left, '')}")


def file(messages: Sequence[Message], left: int = 0) -> str:
    """Draw messages, as a file of its own: dark where the reader's system is."""
    style = f"<style>{palette_rules('.rx-seq')}{system_palette('.rx-seq')}{_RULES}</style>"
    return _svg(messages, left, style)


def _svg(messages: Sequence[Message], left: int, style: str) -> str:
    names = dict.fromkeys(message.host for message in messages)
    first = max(_FIRST, _WIDE - (len(names) - 1) * _NEXT)
    hosts = {host: _LEFT + first + n * _NEXT for n, host in enumerate(names)}
    height = _TOP + len(messages) * _EXCHANGE + (40 if left else 16)
    width = max(hosts.values(), default=_LEFT + first) + 110
    parts = [_life(_LEFT, _WORDS, height), *(_life(at, host, height) for host, at in hosts.items())]
    for n, message in enumerate(messages):
        parts += _exchange(message, _TOP + n * _EXCHANGE, hosts[message.host], int((first - 24) / _LETTER))
    if left:
        parts.append(_text(_LEFT + 10, height - 14, f"{left} more requests are not drawn", "rx-muted"))
    named = attr("aria-label", f"{len(messages)} requests between this process and {len(hosts)} hosts")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="rx-seq" role="img" {named} width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}">{style}{"".join(parts)}</svg>'
    )


def _life(at: int, name: str, height: int) -> str:
    shown = cut(name, 24)
    half = len(shown) * _LETTER / 2 + 10
    box = f'<rect x="{at - half:.0f}" y="6" width="{2 * half:.0f}" height="{_BOX}" rx="4"/>'
    line = f'<path class="rx-life" d="M{at} {6 + _BOX}V{height}"/>'
    return f"{line}<g>{_title(name)}{box}{_text(at, 23, shown, 'rx-host', 'middle')}</g>"


def _exchange(message: Message, top: int, at: int, room: int) -> list[str]:
    """Draw the two arrows of a request; the label of each, at most ``room`` letters, stands above it."""
    there, back = top + _MESSAGE - 4, top + 2 * _MESSAGE
    look = "rx-good" if message.good else "rx-error"
    number = _text(_LEFT - 12, there + 4, str(message.n), "rx-muted", "end")
    asked = _arrow(_LEFT, at, there, "") + _text(_LEFT + 10, there - 5, cut(message.asked, room), "")
    lost = "" if message.good else " rx-lost"
    status = cut(message.told, room)
    told = _arrow(at, _LEFT, back, f"rx-back{lost}") + _text(_LEFT + 10, back - 5, status, look)
    rest = room - len(status) - 2
    if rest > 12:
        told += _text(
            _LEFT + 10 + (len(status) + 2) * _LETTER, back - 5, cut(message.told_title, rest), "rx-muted"
        )
    return [
        number,
        f"<g>{_title(message.asked_title)}{asked}</g>",
        f"<g>{_title(message.told_title)}{told}</g>",
    ]


def _arrow(start: int, end: int, at: int, look: str) -> str:
    tip = 6 if end > start else -6
    shown = f" {attr('class', look)}" if look else ""
    return f'<path{shown} d="M{start} {at}H{end}"/><path d="M{end - tip} {at - 4}L{end} {at}L{end - tip} {at + 4}"/>'


def _text(at: float, top: float, words: str, look: str, anchor: str = "start") -> str:
    shown = f" {attr('class', look)}" if look else ""
    return f'<text x="{at:.0f}" y="{top:.0f}" {attr("text-anchor", anchor)}{shown}>{html(words)}</text>'


def _title(words: str) -> str:
    return f"<title>{html(cut(words, MAX_TITLE))}</title>"
