"""An audit's result made by hand, for what only reads results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from regexplore.auditing.result import AuditResult
from regexplore.auditing.rule import Rule, passed
from regexplore.frames.findings import FINDINGS, findings_frame
from regexplore.frames.origin import Origin

DIGEST = "sha256:" + "a" * 64
ROOT = Rule(
    "CFG01",
    "runs as root",
    "high",
    "image",
    "config",
    "Config.User",
    "CIS 4.1",
    "set a user",
    lambda *_: passed(),
)
AGE = Rule(
    "BAS05", "old image", "low", "image", "config", "created", "CIS", "rebuild it", lambda *_: passed()
)


def finding(**changes: Any) -> dict[str, Any]:
    row = {
        "rule": "CFG01",
        "severity": "high",
        "status": "fail",
        "reference": "localhost:5000/demo/app:v1",
        "digest": DIGEST,
        "platform": None,
        "message": "the user is root",
        "evidence": "config.User",
    }
    return {**row, **changes}


def findings(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    return findings_frame(rows, Origin("localhost:5000/demo/app"))


def result(*rows: Mapping[str, Any], **changes: Any) -> AuditResult:
    frame = findings(rows)
    empty = {
        name: pd.DataFrame({"reference": pd.array([], dtype="string")})
        for name in ("images", "evidence", "coverage", "sharing", "dangling")
    }
    given: dict[str, Any] = {
        "source": "localhost:5000/demo/app",
        "taken": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "depth": "config",
        "rules": {rule.id: rule for rule in (AGE, ROOT)},
        "findings": frame,
        **empty,
        **changes,
    }
    assert list(frame.columns) == FINDINGS.names
    return AuditResult(**given)
