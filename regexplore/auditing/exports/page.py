"""An audit as one HTML page: card, pictures and tables, with nothing to fetch and nothing that runs."""

from __future__ import annotations

import re

import pandas as pd

from regexplore.auditing.naming import within
from regexplore.auditing.pictures import coverage_picture, severity_picture
from regexplore.auditing.report_card import report_head
from regexplore.auditing.result import AuditResult
from regexplore.auditing.rule import NOT_APPLICABLE, PASS
from regexplore.auditing.rule_counts import rule_counts
from regexplore.show.element import element, joined
from regexplore.show.escape import Markup, html
from regexplore.show.text import short_digest
from regexplore.show.theme import palette_rules, style_sheet, system_palette

MAX_ROWS = 5_000
# Columns of words that a reader reads; all others stay on one line.
DIGEST = re.compile(r"sha(?:256|384|512):[0-9a-f]{64,128}", re.ASCII)
SENTENCES = frozenset({"message", "reason", "remedy", "title", "problem", "error", "tags", "channels"})
_STYLE = (
    ".rx-page{font:15px/1.45 Helvetica,Arial,sans-serif;margin:2rem auto;max-width:90rem;padding:0 1rem;"
    "background:var(--rx-ground);color:var(--rx-text)}"
    "h1{font-size:1.6rem;overflow-wrap:anywhere}h2{font-size:1.2rem;margin-top:2rem}"
    ".rx-page svg{max-width:100%;height:auto}"
    ".rx-page svg>.ground{fill:none}.rx-page svg>text{fill:var(--rx-text)}"
    ".rx-page>details{margin-top:1.2rem}.rx-page>details>summary{font-size:1.2rem;font-weight:700;cursor:pointer}"
    ".rx-wide{overflow-x:auto}"
    ".rx-wide table{border-collapse:collapse;font-size:13px;margin:.5rem 0}"
    ".rx-wide td,.rx-wide th{border:1px solid var(--rx-border);padding:3px 8px;text-align:left;vertical-align:top;"
    "white-space:nowrap}.rx-wide th{background:var(--rx-raised)}"
    ".rx-wide td.rx-words{white-space:normal;min-width:18rem;max-width:44rem;overflow-wrap:anywhere}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def to_html(result: AuditResult) -> str:
    """Give the page. What passes, and what does not apply, is counted and not listed."""
    told = result.findings[~result.findings["status"].isin([PASS, NOT_APPLICABLE])]
    title = html(f"Audit of {result.source}")
    body = [
        f"<h1>{title}</h1>",
        report_head(result).to_html(),
        "<h2>Findings by severity</h2>",
        severity_picture(result).svg,
        "<h2>Evidence by reference</h2>",
        coverage_picture(result).svg,
        _section("Rules", rule_counts(result), result.source, opened=True),
        _section("Findings", told, result.source, opened=True),
        _section("References", result.images, result.source),
        _section("Evidence", result.evidence, result.source),
        _section("Dangling", result.dangling, result.source),
    ]
    colours = f"{palette_rules('.rx-page')}{system_palette('html .rx-page')}{system_palette('html .rx-card')}"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{html(_POLICY)}">'
        f"<title>{title}</title><style>{style_sheet()}\n{colours}\n{_STYLE}</style></head>"
        f'<body class="rx-page">{"".join(body)}</body></html>\n'
    )


def _section(title: str, frame: pd.DataFrame, source: str, *, opened: bool = False) -> Markup:
    """Give a table that can be opened; columns in which nothing stands are left out, and named."""
    held = [name for name in frame.columns if frame[name].notna().any()]
    left = [str(name) for name in frame.columns if name not in held]
    note = (
        element("p", element("small", f"nothing stands in: {', '.join(left)}"))
        if left and len(frame)
        else None
    )
    summary = element("summary", f"{title} ({len(frame):,})")
    return element("details", summary, _table(frame[held], source) if held else None, note, open=opened)


def _table(frame: pd.DataFrame, source: str) -> Markup:
    """Give all rows up to `MAX_ROWS`; a table of a card would stop after sixty."""
    shown = frame.head(MAX_ROWS).astype(object)
    rows = shown.where(shown.notna(), None).to_numpy().tolist()
    names = [str(name) for name in frame.columns]
    head = element("thead", element("tr", *(element("th", name, scope="col") for name in names)))
    body = [
        element("tr", *(_cell(name, cell, source) for name, cell in zip(names, row, strict=True)))
        for row in rows
    ]
    table = element("div", element("table", head, element("tbody", *body)), class_="rx-wide")
    if len(frame) <= MAX_ROWS:
        return table
    return joined(
        [table, element("p", f"and {len(frame) - MAX_ROWS:,} more; the other exports hold them all")]
    )


def _cell(name: str, value: object, source: str) -> Markup:
    """Give a cell; digests and references are cut, with the full ones as its tooltip."""
    if value is None:
        return element("td")
    if isinstance(value, pd.Timestamp):
        return element("td", value.strftime("%Y-%m-%d %H:%M"))
    told = str(value)
    named = within(told, source) if name in ("reference", "name", "repository") else told
    short = DIGEST.sub(lambda found: short_digest(found[0]), named)
    title = told if short != told else None
    return element("td", short, title=title, class_="rx-words" if name in SENTENCES else None)
