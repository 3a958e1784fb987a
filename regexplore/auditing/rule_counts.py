"""How often each rule failed, and what to do about it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from regexplore.auditing.result import AuditResult
from regexplore.auditing.rule import SEVERITIES, STATUSES
from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, WHOLE, Schema

RULE_COUNTS = Schema.of(
    ("rule", TEXT, "id of the rule"),
    ("severity", TEXT, "of the rule"),
    ("title", TEXT, "what is wrong when it fails"),
    *((status, WHOLE, f"findings with the status {status}") for status in STATUSES),
    ("remedy", TEXT, "what to do about it"),
)


def rule_counts(result: AuditResult) -> pd.DataFrame:
    """Give one row for each rule that was asked; worst first, then what fails most."""
    counts = result.findings.groupby(["rule", "status"]).size().to_dict() if len(result.findings) else {}
    rows: list[dict[str, Any]] = [
        {
            "rule": rule.id,
            "severity": rule.severity,
            "title": rule.title,
            **{status: int(counts.get((rule.id, status), 0)) for status in STATUSES},
            "remedy": rule.remedy,
        }
        for rule in result.rules.values()
    ]
    rows.sort(key=lambda row: (not row["fail"], SEVERITIES.index(row["severity"]), -row["fail"], row["rule"]))
    return RULE_COUNTS.frame(rows, Origin(result.source))
