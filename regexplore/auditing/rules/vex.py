"""VEX: what is said about vulnerabilities, and how old that is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from regexplore.auditing.policy import Policy
from regexplore.auditing.rule import Outcome, failed, passed, rule, unknown
from regexplore.auditing.subjects import AuditedManifest

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)


@rule(
    "VEX01",
    title="VEX of another product",
    severity="low",
    needs="evidence",
    inspects="products of VEX statements",
    source="OpenVEX specification",
    remedy="name the image by its digest in the VEX document",
)
def another_product(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """Every product that names a digest names another one."""
    for one in image.all_evidence:
        if one.vex is None or not one.vex.statements:
            continue
        products = [unquote(product) for statement in one.vex.statements for product in statement.products]
        named = {digest for product in products for digest in _DIGEST.findall(product)}
        if named & image.digests:
            yield passed("it names this image", one.digest)
        elif named:
            yield failed(f"it speaks of {min(named)}", one.digest)
        else:
            yield unknown("its products name no digest", one.digest)


@rule(
    "VEX02",
    title="old scan for vulnerabilities",
    severity="info",
    needs="evidence",
    inspects="when scans were finished",
    source="cosign COSIGN_VULN_ATTESTATION_SPEC.md",
    remedy="scan again and attach the result",
)
def old_scan(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """The scan is older than the policy allows."""
    for one in image.all_evidence:
        if one.scan is None:
            continue
        finished = one.scan.finished
        if finished is None:
            yield unknown("it does not say when the scan was finished", one.digest)
            continue
        days = (policy.moment - finished).days
        if days > policy.max_scan_age_days:
            yield failed(f"finished on {finished:%Y-%m-%d}, {days:,} days ago", one.digest)
        else:
            yield passed(f"finished on {finished:%Y-%m-%d}", one.digest)


RULES = (another_product, old_scan)
