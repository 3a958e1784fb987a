"""What is known of vulnerabilities in the images of an audit, as one OpenVEX document.

It gathers what others said: statements of attached VEX documents, for the image they hang on, and, for what scans found
and no statement speaks of, ``under_investigation``. Nothing is judged here.

Source: OpenVEX specification v0.2.0.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from regexplore._version import __version__
from regexplore.auditing.subjects import AuditedManifest
from regexplore.evidence.vex import VexStatement

CONTEXT = "https://openvex.dev/ns/v0.2.0"
STATUSES = frozenset({"not_affected", "affected", "fixed", "under_investigation"})
JUSTIFICATIONS = frozenset(
    {
        "component_not_present",
        "vulnerable_code_not_present",
        "vulnerable_code_not_in_execute_path",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "inline_mitigations_already_exist",
    }
)


def to_openvex(
    manifests: Iterable[AuditedManifest], taken: datetime, author: str = "regexplore audit"
) -> str:
    """Give the document; the same evidence gives the same bytes.

    Parameters
    ----------
    manifests
        What was audited, evidence included.
    taken
        When.
    author
        Who answers for the document. The statements are those of the documents they were found in, named in each.
    """
    statements = sorted(
        (one for manifest in manifests for one in _statements(manifest)),
        key=lambda one: json.dumps(one, sort_keys=True),
    )
    body: dict[str, Any] = {
        "@context": CONTEXT,
        "author": author,
        "timestamp": taken.isoformat(),
        "tooling": f"regexplore {__version__}",
        "version": 1,
        "statements": statements,
    }
    name = sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return json.dumps({"@id": f"urn:sha256:{name}", **body}, indent=1, sort_keys=True)


def _statements(manifest: AuditedManifest) -> Iterator[dict[str, Any]]:
    spoken: set[str] = set()
    for one in manifest.own_evidence:
        for statement in one.vex.statements if one.vex is not None else ():
            told = _told(statement, manifest, f"{one.piece.format} {one.digest}, {one.verdict.status}")
            if told is not None:
                spoken.add(statement.vulnerability)
                yield told
    for one in manifest.own_evidence:
        for vulnerability in one.scan.vulnerabilities if one.scan is not None else ():
            if vulnerability not in spoken:
                spoken.add(vulnerability)
                source = f"found by a scan: {one.digest}, {one.verdict.status}"
                yield _statement(vulnerability, manifest, "under_investigation", source)


def _told(statement: VexStatement, manifest: AuditedManifest, source: str) -> dict[str, Any] | None:
    """Give a statement about this image; None for one about another product, or one that says nothing."""
    about = [product for product in statement.products if "sha256" in product]
    if about and not any(manifest.digest.encoded in product for product in about):
        return None
    if statement.status not in STATUSES or not statement.vulnerability:
        return None
    told = _statement(statement.vulnerability, manifest, statement.status, source)
    if statement.status == "not_affected":
        if statement.justification in JUSTIFICATIONS:
            told["justification"] = statement.justification
        else:
            told["impact_statement"] = statement.justification or "no justification was given"
    if statement.status == "affected":
        told["action_statement"] = "see the document that this was found in"
    return told


def _statement(vulnerability: str, manifest: AuditedManifest, status: str, source: str) -> dict[str, Any]:
    name = manifest.repository.rpartition("/")[2]
    digest, home = quote(manifest.digest, safe=""), quote(manifest.repository, safe="")
    purl = f"pkg:oci/{quote(name, safe='')}@{digest}?repository_url={home}"
    return {
        "vulnerability": {"name": vulnerability},
        "products": [{"@id": purl}],
        "status": status,
        "status_notes": source,
    }
