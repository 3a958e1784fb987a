"""Asking rules: each of its subject, each answer a row, and nothing that a rule does wrong sinks the audit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from regexplore.auditing.gather import CONFIG, FILES, MANIFEST
from regexplore.auditing.policy import Policy
from regexplore.auditing.rule import SCOPES, SEVERITIES, STATUSES, Outcome, Rule, unknown
from regexplore.auditing.subjects import (
    AuditedManifest,
    AuditedRegistry,
    AuditedRepository,
    reference_of,
)
from regexplore.frames.schema import Row

READ_AT = {
    MANIFEST: frozenset({"registry", "tags", "manifest", "snapshots"}),
    CONFIG: frozenset({"registry", "tags", "manifest", "snapshots", "config", "evidence"}),
    FILES: frozenset({"registry", "tags", "manifest", "snapshots", "config", "evidence", "files"}),
}
"""What is read at which depth; rules that need more are not asked."""

# Manifests that carry evidence, charts and models have no config that runs.
_BUILD_PARTS = ("build cache",)


def asked(rules: Mapping[str, Rule], depth: str) -> dict[str, Rule]:
    """Give the rules that can be asked at a depth."""
    return {name: rule for name, rule in rules.items() if rule.needs in READ_AT[depth]}


def ask_all(
    registry: AuditedRegistry | None,
    repositories: Iterable[AuditedRepository],
    rules: Mapping[str, Rule],
    policy: Policy,
) -> list[Row]:
    """Ask every rule about everything in its scope; rows as in the frame of findings, in a fixed order."""
    rows: list[Row] = []
    scopes = {scope: [rule for rule in rules.values() if rule.scope == scope] for scope in SCOPES}
    if registry is not None:
        rows += _ask(scopes["registry"], registry, policy, {"reference": registry.name})
    for repository in repositories:
        rows += _ask(scopes["repository"], repository, policy, {"reference": repository.name})
        rows += _unread(rules, repository)
        for manifest in repository.manifests:
            about = {
                "reference": manifest.reference,
                "digest": str(manifest.digest),
                "platform": manifest.platform if manifest.index is not None else None,
            }
            rows += _ask(scopes["manifest"], manifest, policy, about)
            if manifest.is_image and manifest.format not in _BUILD_PARTS:
                rows += _ask(scopes["image"], manifest, policy, about)
    return sorted(rows, key=_order)


def _ask(rules: Iterable[Rule], subject: Any, policy: Policy, about: Row) -> Iterator[Row]:
    for rule in rules:
        for outcome in _outcomes(rule, subject, policy):
            yield {
                "rule": rule.id,
                "severity": outcome.severity or rule.severity,
                "status": outcome.status,
                **about,
                "message": outcome.message,
                "evidence": outcome.evidence,
            }


def _unread(rules: Mapping[str, Rule], repository: AuditedRepository) -> Iterator[Row]:
    """Answer for references that could not be read: what they break by that is told, the rest is unknown."""
    for tag, reason in repository.errors.items():
        for rule in rules.values():
            if rule.scope == "manifest":
                outcome = rule.outcome_unread(reason)
                yield {
                    "rule": rule.id,
                    "severity": outcome.severity or rule.severity,
                    "status": outcome.status,
                    "reference": reference_of(repository.name, tag),
                    "message": outcome.message,
                    "evidence": outcome.evidence,
                }


def _outcomes(rule: Rule, subject: Any, policy: Policy) -> list[Outcome]:
    """Ask one rule; what it raises is told as unknown, never as a pass."""
    missing = _not_read(rule, subject)
    if missing:
        return [unknown(missing)]
    try:
        return rule.outcomes(subject, policy)
    except Exception as error:
        # A rule meets hostile input, and users write rules: one that breaks says so in its own row.
        return [unknown(f"the rule itself failed: {type(error).__name__}: {error}")]


def _not_read(rule: Rule, subject: Any) -> str:
    """Give why a rule has nothing to look at; "" when it has."""
    if not isinstance(subject, AuditedManifest):
        return ""
    if rule.needs == "config" and rule.scope == "image" and subject.config is None:
        return subject.config_problem or "the config was not read"
    if rule.needs == "evidence" and not subject.evidence_read:
        return subject.raw_problem() or "evidence was not looked for"
    return ""


def _order(row: Row) -> tuple[int, int, str, str, str, str, str]:
    return (
        STATUSES.index(row["status"]),
        SEVERITIES.index(row["severity"]),
        row["rule"],
        row["reference"] or "",
        row.get("platform") or "",
        row["evidence"] or "",
        row["message"] or "",
    )
