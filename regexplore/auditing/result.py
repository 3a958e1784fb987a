"""What an audit found, as plain values and frames: the ground of reports, exports and comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import pandas as pd

from regexplore.auditing.rule import SEVERITIES, STATUSES, Rule

FRAMES = ("findings", "images", "evidence", "coverage", "sharing", "dangling")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditResult:
    """What an audit found.

    Attributes
    ----------
    source : str
        What was audited.
    taken : datetime
        When it began, in UTC.
    depth : str
        How deep it read: ``manifest``, ``config`` or ``files``.
    rules : mapping of str to Rule
        Those that were asked, by id.
    findings, images, evidence, coverage, sharing, dangling : pandas.DataFrame
    reasons : tuple of str
        Why something may be missing; empty when everything that was asked for was looked at.
    notes : tuple of str
        What else a reader should know: waivers that expired or fit nothing.
    requests : int or None
        What it cost.
    """

    source: str
    taken: datetime
    depth: str
    rules: Mapping[str, Rule]
    findings: pd.DataFrame
    images: pd.DataFrame
    evidence: pd.DataFrame
    coverage: pd.DataFrame
    sharing: pd.DataFrame
    dangling: pd.DataFrame
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    requests: int | None = None

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for was looked at."""
        return not self.reasons

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """All frames, by name."""
        return {name: getattr(self, name) for name in FRAMES}

    def with_findings(self, findings: pd.DataFrame) -> AuditResult:
        """Return the same with other findings."""
        return replace(self, findings=findings)

    def counts(self) -> pd.DataFrame:
        """Count findings: one row a severity, worst first, one column a status."""
        found = self.findings
        table = pd.crosstab(found["severity"], found["status"]) if len(found) else pd.DataFrame()
        ordered = table.reindex(index=list(SEVERITIES), columns=list(STATUSES), fill_value=0)
        ordered.index.name, ordered.columns.name = "severity", None
        return ordered.astype("Int64")

    def count(self, severity: str, status: str) -> int:
        """Count the findings of one severity and status."""
        found = self.findings
        return int(((found["severity"] == severity) & (found["status"] == status)).sum())

    def worst(self) -> str:
        """Return the worst severity that failed; "" when nothing did."""
        failing = set(self.findings.loc[self.findings["status"] == "fail", "severity"])
        return next((severity for severity in SEVERITIES if severity in failing), "")
