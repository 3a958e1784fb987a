"""STR: texts that are made to deceive whoever reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regexplore.auditing.policy import Policy
from regexplore.auditing.rule import Outcome, failed, passed, rule
from regexplore.auditing.subjects import AuditedManifest

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff\U000e0000-\U000e007f]")
_MARKUP = re.compile(
    r"<\s{0,10}(?:script|img|svg|iframe|object|style)\b|javascript\s{0,10}:|\bon[a-z]{3,20}\s{0,10}=",
    re.IGNORECASE,
)
_FORMULA = re.compile(r"^[=+@][A-Za-z]{1,20}[(|]")

KINDS = (
    (_CONTROLS, "control characters"),
    (_DIRECTION, "characters that turn the direction of writing"),
    (_INVISIBLE, "invisible characters"),
    (_MARKUP, "markup that runs code"),
    (_FORMULA, "a formula for spreadsheets"),
)
MAX_TOLD = 20


@rule(
    "STR01",
    title="hostile text",
    severity="medium",
    scope="manifest",
    needs="config",
    inspects="annotations, labels, history and tags",
    source="CVE-2021-42574; OWASP",
    remedy="do not show it with tools that do not escape; ask the publisher",
)
def hostile(manifest: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """Control characters, hidden characters, markup, formulas."""
    count = 0
    for where, text in _texts(manifest):
        kind = next((told for pattern, told in KINDS if pattern.search(text)), "")
        if kind and count < MAX_TOLD:
            count += 1
            yield failed(f"{where} holds {kind}", where)
    if not count:
        yield passed()


RULES = (hostile,)


def _texts(manifest: AuditedManifest) -> Iterator[tuple[str, str]]:
    for holder, texts in (("annotation", manifest.document.annotations), ("label", manifest.labels)):
        for key, value in texts.items():
            yield f"{holder} {key[:100]}", f"{key}\n{value}"[:20_000]
    for number, step in enumerate(manifest.config.history if manifest.config is not None else (), 1):
        yield f"step {number} of the history", step.created_by[:20_000]
