"""Pictures of an audit, drawn as plain SVG: no library, no script, readable on light and on dark."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from regexplore.auditing.naming import within
from regexplore.auditing.result import AuditResult
from regexplore.auditing.rule import FAIL, SEVERITIES, UNKNOWN, WAIVED
from regexplore.evidence.piece import KINDS, OTHER
from regexplore.show.escape import html, terminal
from regexplore.show.text import cut

# Told apart by colour-blind readers too (Okabe and Ito), and the words stand beside them.
COLOURS = {FAIL: "#c44601", UNKNOWN: "#8a8a8a", WAIVED: "#5c9bd5"}
CELLS = {
    "verified": "#117733",
    "claimed": "#dda63a",
    "none": "#d8d8d8",
    "failed": "#c44601",
    "not looked at": "none",
}
MAX_ROWS = 40
_WIDTH, _ROW, _LEFT = 640, 26, 90


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with its words.

    Attributes
    ----------
    svg : str
    text : str
        The same in words, for wherever no picture can be.
    """

    svg: str
    text: str

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        forms = {"image/svg+xml": self.svg, "text/plain": self.text}
        wanted = set(forms if include is None else include) - set(exclude or ())
        return {mime: form for mime, form in forms.items() if mime in wanted}

    def __str__(self) -> str:
        return self.text


def severity_picture(result: AuditResult) -> Picture:
    """Draw one bar a severity: failures, waived failures, and what could not be told."""
    shown = (FAIL, WAIVED, UNKNOWN)
    most = max(1, *(sum(result.count(severity, one) for one in shown) for severity in SEVERITIES))
    parts, lines = [], []
    for n, severity in enumerate(SEVERITIES):
        top, left = 34 + n * _ROW, float(_LEFT)
        parts.append(_text(_LEFT - 8, top + 15, severity, "end"))
        numbers = [result.count(severity, status) for status in shown]
        for status, number in zip(shown, numbers, strict=True):
            width = (_WIDTH - _LEFT - 150) * number / most
            if number:
                parts.append(
                    _box(left, top, width, _ROW - 8, COLOURS[status], f"{severity}: {number} {status}")
                )
            left += width
        told = (
            ", ".join(f"{number} {status}" for status, number in zip(shown, numbers, strict=True) if number)
            or "none"
        )
        parts.append(_text(left + 6, top + 15, told))
        lines.append(f"{severity:>8}  {told}")
    legend = _legend({status: COLOURS[status] for status in shown})
    height = 34 + len(SEVERITIES) * _ROW + 8
    title = f"Findings in {result.source} by severity"
    return Picture(_svg(title, [legend, *parts], height), f"{terminal(title)}\n" + "\n".join(lines))


def coverage_picture(result: AuditResult) -> Picture:
    """Draw a matrix: a row for each reference and platform, a column for each kind of evidence."""
    kinds = [kind for kind in KINDS if kind != OTHER]
    rows = _coverage_rows(result, kinds)
    left, cell = 300, 92
    parts = [_text(left + n * cell + cell / 2, 48, kind, "middle") for n, kind in enumerate(kinds)]
    lines = ["  ".join(["", *kinds])]
    for number, (name, states) in enumerate(rows[:MAX_ROWS]):
        top = 56 + number * _ROW
        parts.append(_text(left - 8, top + 16, cut(name, 38), "end", name))
        for n, state in enumerate(states):
            parts.append(
                _box(
                    left + n * cell + 2, top, cell - 4, _ROW - 4, CELLS[state], f"{name}: {kinds[n]} {state}"
                )
            )
            parts.append(_text(left + n * cell + cell / 2, top + 16, state, "middle", fill=_ink(state)))
        lines.append(
            f"{terminal(name)}: "
            + ", ".join(f"{kind} {state}" for kind, state in zip(kinds, states, strict=True))
        )
    if len(rows) > MAX_ROWS:
        parts.append(_text(left, 56 + MAX_ROWS * _ROW + 18, f"and {len(rows) - MAX_ROWS} more"))
    height = 56 + min(len(rows), MAX_ROWS + 1) * _ROW + 12
    title = f"Evidence found for {result.source}"
    svg = _svg(title, [_text(8, 20, title), *parts], height, left + len(kinds) * cell + 8)
    return Picture(svg, f"{terminal(title)}\n" + "\n".join(lines))


def _coverage_rows(result: AuditResult, kinds: list[str]) -> list[tuple[str, list[str]]]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    rank = ["not looked at", "none", "failed", "claimed", "verified"]
    frame = result.coverage.astype(object).where(result.coverage.notna(), None)
    for row in frame.to_dict("records"):
        key = (row["reference"], row["platform"] or "")
        state = row["outcome"]
        if state == "found":
            state = (
                "verified" if row["verified"] else "failed" if row["failed"] == row["count"] else "claimed"
            )
        states = found.setdefault(key, dict.fromkeys(kinds, "not looked at"))
        if row["kind"] in states and rank.index(state) > rank.index(states[row["kind"]]):
            states[row["kind"]] = state
    return [
        (f"{within(reference, result.source)} {platform}".strip(), [states[kind] for kind in kinds])
        for (reference, platform), states in found.items()
    ]


def _ink(state: str) -> str:
    """Give the colour of words on the colour of a state; "" for that of all words, where there is none."""
    if state == "not looked at":
        return ""
    return "#ffffff" if state in ("verified", "failed") else "#1f2328"


def _legend(colours: dict[str, str]) -> str:
    parts = []
    for n, (word, colour) in enumerate(colours.items()):
        parts.append(_box(_LEFT + n * 110, 8, 14, 14, colour, word))
        parts.append(_text(_LEFT + n * 110 + 20, 20, word))
    return "".join(parts)


def _box(left: float, top: float, width: float, height: float, colour: str, title: str) -> str:
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2" fill="{colour}" '
        f'stroke="#8a8a8a" stroke-width="0.5"><title>{html(title)}</title></rect>'
    )


def _text(left: float, top: float, words: str, anchor: str = "start", title: str = "", fill: str = "") -> str:
    colour = f' style="fill:{fill}"' if fill else ""
    told = f"<title>{html(title)}</title>" if title else ""
    return f'<text x="{left:.1f}" y="{top:.1f}" text-anchor="{anchor}"{colour}>{told}{html(words)}</text>'


def _svg(title: str, parts: list[str], height: float, width: float = _WIDTH) -> str:
    """Give the picture on a ground of its own: JupyterLab shows it as an image, which knows no theme.

    A page that has it as a part of its own takes the ground away, and gives the words its colour.
    """
    style = "text{font:13px Helvetica,Arial,sans-serif;fill:#1f2328}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{html(title)}" width="{width:.0f}" '
        f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"><style>{style}</style>'
        f'<rect class="ground" width="100%" height="100%" fill="#ffffff"/>{"".join(parts)}</svg>'
    )
