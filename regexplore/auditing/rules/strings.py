"""STR: texts that are made to deceive whoever reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regexplore.auditing.policy import Policy
from regexplore.auditing.rule import Outcome, failed, passed, rule, unknown
from regexplore.auditing.subjects import AuditedManifest
from regexplore.oci import Descriptor, Manifest

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
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
    inspects="annotations of the manifest and of what it lists, artifact type, labels, environment, history",
    source="CVE-2021-42574; OWASP",
    remedy="do not show it with tools that do not escape; ask the publisher",
)
def hostile(manifest: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """Control characters, hidden characters, markup, formulas."""
    count = 0
    for where, text in _texts(manifest):
        pattern, kind = next((one for one in KINDS if one[0].search(text)), (None, ""))
        if kind and count < MAX_TOLD:
            count += 1
            # Hebrew and Arabic need such characters now and then.
            meant = pattern is _DIRECTION and _RIGHT_TO_LEFT.search(text) is not None
            yield failed(f"{where} holds {kind}", where, severity="low" if meant else "")
    if not count and manifest.config_problem:
        yield unknown(f"labels and history could not be looked at: {manifest.config_problem}")
    elif not count:
        yield passed()


RULES = (hostile,)


def _listed(manifest: AuditedManifest) -> Iterator[Descriptor]:
    """Give the descriptors in the document; a subject's annotations are not its own."""
    if isinstance(manifest.document, Manifest):
        yield manifest.document.config
    yield from manifest.layers[:1_000]
    yield from manifest.children[:1_000]


def _texts(manifest: AuditedManifest) -> Iterator[tuple[str, str]]:
    holders = [("annotation", manifest.document.annotations), ("label", manifest.labels)]
    holders += [(f"annotation of {one.digest.short}:", one.annotations or {}) for one in _listed(manifest)]
    for holder, texts in holders:
        for key, value in texts.items():
            yield f"{holder} {key[:100]}", f"{key}\n{value}"[:20_000]
    yield "the artifact type", manifest.document.artifact_type
    entries = manifest.run.get("Env")
    for entry in entries[:1_000] if isinstance(entries, list) else ():
        yield f"variable {str(entry).partition('=')[0][:100]}", str(entry)[:20_000]
    for number, step in enumerate(manifest.config.history if manifest.config is not None else (), 1):
        yield f"step {number} of the history", step.created_by[:20_000]
