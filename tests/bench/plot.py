"""The pictures of the page, as SVG: bars with their spread, and lines on logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from bench.harness import LIMIT, OURS, PEER
from bench.section import Bar, Line, Section

from regexplore.show.escape import attr, html

WIDTH, ROW, LEFT, RIGHT, TOP = 760, 24, 250, 90, 34
HEIGHT_OF_LINES = 320
# Told apart by lightness, too; each at least 3:1 against white.
COLOURS = {OURS: "#0b62c4", PEER: "#6b7280", LIMIT: "#b45309"}
WORDS = {OURS: "regexplore", PEER: "peer", LIMIT: "does less: a limit"}


def picture(section: Section) -> str:
    """Give the SVG of a section that has bars or lines."""
    body, height = _bars(section.bars) if section.bars else _lines(section)
    kinds = dict.fromkeys(one.kind for one in [*section.bars, *section.lines])
    legend = _legend(kinds, section.unit)
    parts = "\n".join([_element("title", section.title), *legend, *body])
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        ' font-family="Helvetica, Arial, sans-serif" font-size="12">'
    )
    ground = _element("rect", width=WIDTH, height=height, rx=6, fill="#ffffff")
    return f"{opening}\n{ground}\n{parts}\n</svg>\n"


def _element(name: str, content: object = "", **attributes: object) -> str:
    said = "".join(f" {attr(key.replace('_', '-'), value)}" for key, value in attributes.items())
    return f"<{name}{said}>{html(content)}</{name}>"


def _text(x: float, y: float, content: object, anchor: str = "start", fill: str = "#111827") -> str:
    return _element("text", content, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, fill=fill)


def _line(left: float, top: float, right: float, bottom: float, stroke: str) -> str:
    return _element("path", d=f"M{left:.1f} {top:.1f}L{right:.1f} {bottom:.1f}", stroke=stroke)


def _legend(kinds: Iterable[str], unit: str) -> Iterator[str]:
    x = LEFT
    for kind in kinds:
        yield _element("rect", x=x, y=10, width=12, height=12, fill=COLOURS[kind])
        yield _text(x + 18, 20, WORDS[kind])
        x += 40 + 7 * len(WORDS[kind])
    yield _text(WIDTH - 12, 20, unit, "end", "#4b5563")


def _bars(bars: list[Bar]) -> tuple[list[str], int]:
    most = max(bar.high for bar in bars) or 1.0
    scale = (WIDTH - LEFT - RIGHT) / most
    out = []
    for n, bar in enumerate(bars):
        y = TOP + n * ROW
        length = max(bar.value * scale, 1)
        out.append(_text(LEFT - 8, y + 16, bar.name, "end"))
        out.append(
            _element("rect", x=LEFT, y=y + 4, width=f"{length:.1f}", height=16, fill=COLOURS[bar.kind])
        )
        out.append(_line(LEFT + bar.low * scale, y + 12, LEFT + bar.high * scale, y + 12, "#111827"))
        out.append(_text(LEFT + bar.high * scale + 6, y + 16, f"{bar.value:.3g}"))
    return out, TOP + len(bars) * ROW + 10


def _lines(section: Section) -> tuple[list[str], int]:
    points = [point for line in section.lines for point in line.points]
    x_low, x_high = _decades(x for x, _ in points)
    y_low, y_high = _decades(y for _, y in points)
    bottom = HEIGHT_OF_LINES - 46

    def across(x: float) -> float:
        return LEFT / 2 + (math.log10(x) - x_low) / (x_high - x_low) * (WIDTH - LEFT / 2 - RIGHT)

    def up(y: float) -> float:
        return bottom - (math.log10(y) - y_low) / (y_high - y_low) * (bottom - TOP - 10)

    out = []
    for decade in range(x_low, x_high + 1):
        x = across(10.0**decade)
        out += [_line(x, TOP + 10, x, bottom, "#d1d5db"), _text(x, bottom + 18, f"{10**decade:,}", "middle")]
    for decade in range(y_low, y_high + 1):
        y = up(10.0**decade)
        out += [
            _line(LEFT / 2, y, WIDTH - RIGHT, y, "#d1d5db"),
            _text(LEFT / 2 - 8, y + 4, f"{10.0**decade:g}", "end"),
        ]
    out.append(
        _text((WIDTH + LEFT / 2 - RIGHT) / 2, HEIGHT_OF_LINES - 10, section.across, "middle", "#4b5563")
    )
    for line in section.lines:
        out += _drawn(line, [(across(x), up(y)) for x, y in line.points])
    return out, HEIGHT_OF_LINES


def _drawn(line: Line, points: list[tuple[float, float]]) -> Iterator[str]:
    colour = COLOURS[line.kind]
    said = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield _element("polyline", points=said, fill="none", stroke=colour, stroke_width=2)
    for x, y in points:
        yield _element("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=4, fill=colour)
    yield _text(points[-1][0] + 8, points[-1][1] + 4, line.name, fill=colour)


def _decades(values: Iterable[float]) -> tuple[int, int]:
    """Give the exponents of ten between which all values lie."""
    logs = [math.log10(value) for value in values]
    low, high = math.floor(min(logs)), math.ceil(max(logs))
    return low, max(high, low + 1)
