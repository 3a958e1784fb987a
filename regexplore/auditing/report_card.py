"""The card of an audit: what fails, what could not be told, what was not looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from regexplore.auditing.naming import within
from regexplore.auditing.result import AuditResult
from regexplore.auditing.rule import FAIL, SEVERITIES, STATUSES, UNKNOWN
from regexplore.auditing.rule_counts import rule_counts
from regexplore.show import text as words
from regexplore.show import value as values
from regexplore.show.card import Card, Facts, Section
from regexplore.show.table import Table
from regexplore.show.value import Value

BAR = 24
LOOKS = {"critical": "error", "high": "error", "medium": "warning", "low": "muted", "info": "muted"}
MAX_ROWS = 40


def report_head(result: AuditResult) -> Card:
    """Give the card of a report without its tables, for a page that has them all."""
    return replace(report_card(result), sections=())


def report_card(result: AuditResult) -> Card:
    """Give the card of a report."""
    failing = int((result.findings["status"] == FAIL).sum())
    worst = result.worst()
    verdict = f"{words.count(failing, 'failure')}, the worst {worst}" if failing else "no failure"
    if not result.complete:
        verdict += "; not everything could be looked at"
    return Card(
        "audit",
        result.source,
        (verdict,),
        facts=_facts(result),
        notes=(*(f"partial: {reason}" for reason in result.reasons[:5]), *result.notes[:5]),
        sections=(
            Section("Findings by severity", _severities(result), open=True),
            Section("Rules that fail", _rules(result), open=True),
            Section("References", _references(result), count=len(result.images)),
            Section("Evidence", _evidence(result), count=len(result.evidence)),
            Section("Not known", _unknown(result)),
            Section("Dangling", _dangling(result), count=len(result.dangling)),
        ),
    )


def _facts(result: AuditResult) -> Facts:
    cost = "" if result.requests is None else f", {words.count(result.requests, 'request')}"
    return Facts(
        (
            (
                "looked at",
                values.value(
                    f"{words.count(len(result.images), 'manifest')}, to the depth of {result.depth}{cost}"
                ),
            ),
            ("rules asked", values.value(len(result.rules))),
            ("complete", Value("yes", look="good") if result.complete else Value("no", look="warning")),
            ("never looked at", values.value("other repositories, transparency logs, forges")),
            ("when", values.value(f"{result.taken:%Y-%m-%d %H:%M} UTC")),
        )
    )


def _severities(result: AuditResult) -> Table:
    most = max(1, *(result.count(severity, FAIL) for severity in SEVERITIES))
    rows = [
        (
            Value(severity, look=LOOKS[severity]),  # type: ignore[arg-type]
            *(result.count(severity, status) for status in STATUSES),
            Value("█" * -(-BAR * result.count(severity, FAIL) // most), look="bar"),
        )
        for severity in SEVERITIES
    ]
    return Table.of(["severity", *STATUSES, "failures"], rows, numeric=STATUSES)


def _rules(result: AuditResult) -> Table:
    counts = rule_counts(result)
    failing = counts[counts[FAIL] > 0]
    rows = [
        (
            row["rule"],
            Value(row["severity"], look=LOOKS[row["severity"]]),  # type: ignore[arg-type]
            row["title"],
            int(row[FAIL]),
            row["remedy"],
        )
        for row in failing.to_dict("records")
    ]
    return Table.of(
        ["rule", "severity", "what is wrong", "failures", "what to do"], rows, numeric=["failures"]
    )


def _references(result: AuditResult) -> Table:
    rows = list(_reference_rows(result))
    return Table.of(
        ["reference", "platform", "format", "signed", "provenance", "SBOMs", "failures", "worst"],
        rows,
        numeric=["provenance", "SBOMs", "failures"],
        sparse=["platform"],
    )


def _reference_rows(result: AuditResult) -> Iterator[tuple[object, ...]]:
    shown = result.images.sort_values("failures", ascending=False, kind="stable").head(MAX_ROWS)
    for row in shown.astype(object).where(shown.notna(), None).to_dict("records"):
        worst = row["worst"]
        yield (
            Value(within(row["reference"], result.source), title=row["reference"]),
            row["platform"],
            row["format"],
            _signed(row["signatures"], row["verified"]),
            row["provenance"],
            row["sboms"],
            row["failures"],
            Value(worst, look=LOOKS[worst]) if worst else None,  # type: ignore[arg-type]
        )


def _signed(signatures: int | None, verified: int | None) -> Value:
    if signatures is None:
        return Value("not looked at", look="muted")
    if not signatures:
        return Value("no", look="warning")
    if verified:
        return Value(f"{verified} of {signatures} verified", look="good")
    return Value(f"{signatures} claimed, none verified", look="warning")


def _evidence(result: AuditResult) -> Table:
    shown = result.evidence.head(MAX_ROWS)
    looks = {"verified": "good", "failed": "error", "not checked": "muted"}
    rows = [
        (
            row["kind"],
            row["format"],
            Value(within(row["reference"], result.source), title=row["reference"]),
            row["platform"],
            row["channels"],
            Value(row["status"], title=row["reason"] or "", look=looks[row["status"]]),  # type: ignore[arg-type]
            row["signer"],
            row["claimed_signer"],
        )
        for row in shown.astype(object).where(shown.notna(), None).to_dict("records")
    ]
    return Table.of(
        ["kind", "format", "on", "platform", "found by", "status", "verified signer", "claimed signer"],
        rows,
        total=len(result.evidence),
        sparse=["platform", "verified signer", "claimed signer"],
    )


def _unknown(result: AuditResult) -> Table:
    found = result.findings[result.findings["status"] == UNKNOWN]
    counts = Counter(zip(found["rule"], found["message"].fillna(""), strict=True)).most_common()
    rows = [(rule, message, number) for (rule, message), number in counts[:MAX_ROWS]]
    return Table.of(
        ["rule", "why it could not be told", "how often"], rows, total=len(counts), numeric=["how often"]
    )


def _dangling(result: AuditResult) -> Table:
    shown = result.dangling.head(MAX_ROWS)
    rows = [
        (
            row["kind"],
            Value(within(row["name"], result.source), title=row["name"]),
            values.digest(row["about"], short=True),
        )
        for row in shown.astype(object).where(shown.notna(), None).to_dict("records")
    ]
    return Table.of(["kind", "name", "speaks of"], rows, total=len(result.dangling))
