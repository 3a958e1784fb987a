"""An audit as one HTML page: card, pictures and tables, with nothing to fetch and nothing that runs."""

from __future__ import annotations

import pandas as pd

from regexplore.auditing.pictures import coverage_picture, severity_picture
from regexplore.auditing.report_card import report_card
from regexplore.auditing.result import AuditResult
from regexplore.auditing.rule import NOT_APPLICABLE, PASS
from regexplore.auditing.rule_counts import rule_counts
from regexplore.show.element import element, joined
from regexplore.show.escape import Markup, html
from regexplore.show.theme import style_sheet

MAX_ROWS = 5_000
_STYLE = (
    "body{font:15px/1.45 Helvetica,Arial,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;"
    "background:#fff;color:#1f2328}"
    "h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}svg{max-width:100%;height:auto}"
    ".rx-page table{border-collapse:collapse;font-size:13px;margin:.5rem 0}"
    ".rx-page td,.rx-page th{border:1px solid #d0d7de;padding:3px 8px;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}.rx-page th{background:#f3f4f6}"
    "@media print{details{display:block}}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def to_html(result: AuditResult) -> str:
    """Give the page. What passes, and what does not apply, is counted and not listed."""
    told = result.findings[~result.findings["status"].isin([PASS, NOT_APPLICABLE])]
    title = html(f"Audit of {result.source}")
    body = [
        f"<h1>{title}</h1>",
        report_card(result).to_html(),
        "<h2>Findings by severity</h2>",
        severity_picture(result).svg,
        "<h2>Evidence by reference</h2>",
        coverage_picture(result).svg,
        *_section("Rules", rule_counts(result)),
        *_section("Findings", told),
        *_section("References", result.images),
        *_section("Evidence", result.evidence),
        *_section("Dangling", result.dangling),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{html(_POLICY)}">'
        f"<title>{title}</title><style>{style_sheet()}\n{_STYLE}</style></head>"
        f'<body class="rx-page">{"".join(body)}</body></html>\n'
    )


def _section(title: str, frame: pd.DataFrame) -> list[str]:
    return [f"<h2>{html(title)} ({len(frame):,})</h2>", _table(frame)]


def _table(frame: pd.DataFrame) -> Markup:
    """Give all rows up to `MAX_ROWS`; a table of a card would stop after sixty."""
    shown = frame.head(MAX_ROWS).astype(object)
    rows = shown.where(shown.notna(), None).to_numpy().tolist()
    names = [str(name) for name in frame.columns]
    head = element("thead", element("tr", *(element("th", name, scope="col") for name in names)))
    body = [element("tr", *(element("td", _cell(cell)) for cell in row)) for row in rows]
    table = element("table", head, element("tbody", *body))
    if len(frame) <= MAX_ROWS:
        return table
    return joined(
        [table, element("p", f"and {len(frame) - MAX_ROWS:,} more; the other exports hold them all")]
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value.strftime("%Y-%m-%d %H:%M") if isinstance(value, pd.Timestamp) else str(value)
