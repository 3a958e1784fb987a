"""Two runs of an audit side by side: what is new, what is fixed, what nobody can tell any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pandas as pd

from regexplore.auditing.rule import FAIL, SEVERITIES, UNKNOWN, WAIVED
from regexplore.frames.findings import FINDINGS
from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, Row, Schema

NEW, FIXED, STILL, LOST, CHANGED = "new", "fixed", "still fails", "no longer known", "changed"
CHANGES = (NEW, LOST, CHANGED, STILL, FIXED)

COMPARED = Schema.of(
    ("change", TEXT, "new, no longer known, changed, still fails, or fixed"),
    ("rule", TEXT, "id of the rule"),
    ("severity", TEXT, "of the later run, where it has the finding"),
    ("reference", TEXT, "what was looked at"),
    ("platform", TEXT, "its platform, when it is a child of an index"),
    ("before", TEXT, "status in the earlier run; missing when it was not asked"),
    ("after", TEXT, "status in the later run; missing when it was not asked"),
    ("message", TEXT, "of the later run, else of the earlier"),
    ("evidence", TEXT, "of the later run, else of the earlier"),
)

Key = tuple[str, str, str]
Finding = dict[str, Any]

_BAD = (FAIL, WAIVED)


def compare_findings(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Compare the findings of two runs, by rule, reference and platform.

    Digests are not compared: a tag that moved is the same thing to its users. Where a rule found several things
    on one reference, they are told apart by their evidence.

    Returns
    -------
    pandas.DataFrame
        Columns `COMPARED`; only what failed in either run, worst change first.
    """
    earlier, later = _by_key(before), _by_key(after)
    rows = [
        row
        for key in dict.fromkeys([*earlier, *later])
        for row in _rows(earlier.get(key, []), later.get(key, []))
    ]
    rows.sort(
        key=lambda row: (CHANGES.index(row["change"]), _rank(row), str(row["rule"]), str(row["reference"]))
    )
    return COMPARED.frame(rows, Origin("two runs of an audit"))


def _by_key(findings: pd.DataFrame) -> dict[Key, list[Finding]]:
    grouped: dict[Key, list[Finding]] = defaultdict(list)
    plain = findings[FINDINGS.names].astype(object).where(findings[FINDINGS.names].notna(), None)
    for finding in plain.to_dict("records"):
        key = (str(finding["rule"]), str(finding["reference"]), str(finding["platform"] or ""))
        grouped[key].append({str(name): value for name, value in finding.items()})
    return grouped


def _rows(earlier: list[Finding], later: list[Finding]) -> Iterator[Row]:
    """Pair the findings of one rule on one thing: by evidence first, what is left by its position."""
    old = {finding["evidence"]: finding for finding in earlier}
    new = {finding["evidence"]: finding for finding in later}
    same = [evidence for evidence in new if evidence in old]
    pairs: list[tuple[Finding | None, Finding | None]]
    pairs = [(old.pop(evidence), new.pop(evidence)) for evidence in same]
    if len(old) == len(new) == 1:
        pairs.append((next(iter(old.values())), next(iter(new.values()))))
    else:
        pairs += [(one, None) for one in old.values()]
        pairs += [(None, one) for one in new.values()]
    # A rule that failed on several things and now passes answers once: that answer stands for all of them.
    overall = later[0]["status"] if len(later) == 1 and later[0]["status"] not in _BAD else None
    for before, after in pairs:
        change = _change(_status(before), _status(after) or overall)
        if change is not None:
            yield _row(change, before, after, overall)


def _change(before: str | None, after: str | None) -> str | None:
    if before not in _BAD and after not in _BAD:
        return None
    if before not in _BAD:
        return NEW
    if after == UNKNOWN:
        return LOST
    if after not in _BAD:
        return FIXED
    return STILL if before == after else CHANGED


def _row(change: str, before: Finding | None, after: Finding | None, overall: str | None) -> Row:
    told = after or before or {}
    return {
        "change": change,
        **{name: told[name] for name in ("rule", "severity", "reference", "platform", "message", "evidence")},
        "before": _status(before),
        "after": _status(after) or overall,
    }


def _status(finding: Finding | None) -> str | None:
    return None if finding is None else str(finding["status"])


def _rank(row: Row) -> int:
    return SEVERITIES.index(row["severity"]) if row["severity"] in SEVERITIES else len(SEVERITIES)
