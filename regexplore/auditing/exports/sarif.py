"""An audit as SARIF 2.1.0, which code scanning services read.

Source: OASIS Static Analysis Results Interchange Format 2.1.0.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import pandas as pd

from regexplore._version import __version__
from regexplore.auditing.result import AuditResult
from regexplore.auditing.rule import FAIL, NOT_APPLICABLE, PASS, UNKNOWN, WAIVED, Rule
from regexplore.show.escape import terminal

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
# The scale of CVSS, on which code scanning services sort.
SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}
KINDS = {FAIL: "fail", WAIVED: "fail", UNKNOWN: "open", PASS: "pass", NOT_APPLICABLE: "notApplicable"}


def to_sarif(result: AuditResult) -> str:
    """Give the findings as SARIF: failures with a level, what could not be told as ``open``, the rest left out.

    Waived failures are there with a suppression. Whether the audit was complete stands in the invocation.
    """
    ids = sorted(set(result.rules) | set(result.findings["rule"].dropna()))
    places = {rule: n for n, rule in enumerate(ids)}
    shown = result.findings[result.findings["status"].isin([FAIL, WAIVED, UNKNOWN])]
    run = {
        "tool": {
            "driver": {
                "name": "regexplore",
                "version": __version__,
                "rules": [_rule(result.rules.get(one), one) for one in ids],
            }
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "startTimeUtc": result.taken.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": terminal(f"partial: {reason}")}}
                    for reason in result.reasons
                ],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": [_result(row, places) for row in _rows(shown)],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, sort_keys=True)


def _rule(rule: Rule | None, name: str) -> dict[str, Any]:
    if rule is None:
        return {"id": name}
    told: dict[str, Any] = {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": f"{rule.title}. It looks at {rule.inspects or rule.needs}."},
        "help": {"text": rule.remedy or rule.title},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {"security-severity": SCORES[rule.severity], "tags": ["security", "supply-chain"]},
    }
    return told


def _result(row: dict[str, str], places: dict[str, int]) -> dict[str, Any]:
    status, reference = row["status"], row["reference"] or "registry"
    result: dict[str, Any] = {
        "ruleId": row["rule"],
        "ruleIndex": places[row["rule"]],
        "kind": KINDS[status],
        "level": LEVELS.get(row["severity"], "warning") if status in (FAIL, WAIVED) else "none",
        "message": {"text": terminal(_sentence(row))},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _uri(row)}},
                "logicalLocations": [{"fullyQualifiedName": terminal(reference), "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"finding/v1": _fingerprint(row)},
        "properties": {
            name: terminal(row[name]) for name in ("digest", "platform", "evidence", "severity") if row[name]
        },
    }
    if status == WAIVED:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": terminal(row["message"])}
        ]
    return result


def _rows(findings: pd.DataFrame) -> list[dict[str, str]]:
    filled = findings.astype(object).where(findings.notna(), "")
    return [{str(name): str(value) for name, value in row.items()} for row in filled.to_dict("records")]


def _sentence(row: dict[str, str]) -> str:
    about = f"{row['reference']} ({row['platform']})" if row["platform"] else row["reference"]
    said = row["message"] or row["rule"]
    return f"{about}: {said}" if about else said


def _uri(row: dict[str, str]) -> str:
    """Give a relative reference of path characters only: services refuse other addresses."""
    return quote(row["reference"] or "registry", safe="/-._~")


def _fingerprint(row: dict[str, str]) -> str:
    """Tell findings apart from run to run: without the digest, which changes whenever the tag moves."""
    parts = (row["rule"], row["reference"], row["platform"], row["evidence"])
    return sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]
