"""Evidence with everything that was read from it: what it states, whom it names, and what checking gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regexplore.errors import DocumentError, RegexploreError
from regexplore.evidence.claimed_signer import claimed_signer
from regexplore.evidence.in_toto import parse_statement
from regexplore.evidence.notation_envelope import parse_notation
from regexplore.evidence.piece import PROVENANCE, SBOM, SIGNATURE, VEX, VULNERABILITIES, Evidence
from regexplore.evidence.reading import text
from regexplore.evidence.sboms.parse import parse_sbom, read_sbom
from regexplore.evidence.sboms.sbom import Sbom
from regexplore.evidence.simple_signing import parse_simple_signing
from regexplore.evidence.slsa import Provenance, provenance_of
from regexplore.evidence.statement import Statement
from regexplore.evidence.trust import Trust
from regexplore.evidence.verdict import Signer, Verdict
from regexplore.evidence.verification import verify
from regexplore.evidence.vex import Vex, read_vex
from regexplore.evidence.vulnerability_scan import VulnerabilityScan, read_scan
from regexplore.oci import Descriptor, Digest, strict_json

STATEMENTS = frozenset({"in-toto statement", "DSSE envelope", "sigstore bundle"})
SIGNED_STATEMENTS = frozenset({"DSSE envelope", "sigstore bundle"})


@dataclass(frozen=True, slots=True, eq=False)
class CheckedEvidence:
    """A piece of evidence, read and checked.

    Attributes
    ----------
    piece : Evidence
    verdict : Verdict
    claimed : Signer or None
        Whom a certificate beside it names; nothing of that is checked.
    statement, provenance, sbom, vex, scan
        What its body says, where it is of that kind.
    names : tuple of str
        Digests that its body is about; empty when it does not say.
    problem : str
        Why the body could not be read; "" for nothing.
    """

    piece: Evidence
    verdict: Verdict
    claimed: Signer | None = None
    statement: Statement | None = None
    provenance: Provenance | None = None
    sbom: Sbom | None = None
    vex: Vex | None = None
    scan: VulnerabilityScan | None = None
    names: tuple[str, ...] = ()
    problem: str = ""

    @property
    def is_signature(self) -> bool:
        """Whether it signs: as a signature of the manifest, or as a signed statement."""
        return self.piece.kind == SIGNATURE or self.piece.format in SIGNED_STATEMENTS

    @property
    def digest(self) -> Digest:
        """Of the body, else of the manifest."""
        return self.piece.digest


def read_evidence(piece: Evidence, subject: Descriptor, trust: Trust, repository: str) -> CheckedEvidence:
    """Read a piece of evidence and check it. Never raises for what it holds."""
    verdict = verify(piece, subject, trust, repository=repository)
    if piece.body is None:
        return CheckedEvidence(piece, verdict, problem=piece.problem)
    try:
        found = _read(piece, piece.body)
    except RegexploreError as error:
        return CheckedEvidence(piece, verdict, claimed_signer(piece), problem=str(error))
    return CheckedEvidence(piece, verdict, claimed_signer(piece), **found)


def _read(piece: Evidence, body: bytes) -> Mapping[str, Any]:
    if piece.format == "cosign signature":
        return {"names": (str(parse_simple_signing(body).digest),)}
    if piece.format.startswith("notation"):
        return {"names": tuple(filter(None, (text(parse_notation(body).target(), "digest"),)))}
    if piece.format in STATEMENTS:
        return _of_statement(piece, parse_statement(body))
    return _of_document(piece, body)


def _of_statement(piece: Evidence, statement: Statement) -> Mapping[str, Any]:
    names = tuple(
        f"{algorithm}:{value}"
        for subject in statement.subjects
        for algorithm, value in subject.digests.items()
    )
    found: dict[str, Any] = {"statement": statement, "names": names}
    if piece.kind == PROVENANCE:
        found["provenance"] = provenance_of(statement)
    elif piece.kind == SBOM:
        found["sbom"] = read_sbom(statement.predicate)
    elif piece.kind == VEX:
        found["vex"] = read_vex(statement.predicate)
    elif piece.kind == VULNERABILITIES:
        found["scan"] = read_scan(statement.predicate)
    return found


def _of_document(piece: Evidence, body: bytes) -> Mapping[str, Any]:
    if piece.kind == SBOM:
        sbom = parse_sbom(body)
        return {"sbom": sbom, "names": sbom.subjects, "vex": _vex_within(body)}
    if piece.kind == VEX:
        return {"vex": read_vex(strict_json.loads(body))}
    if piece.kind == VULNERABILITIES:
        return {"scan": read_scan(strict_json.loads(body))}
    return {}


def _vex_within(body: bytes) -> Vex | None:
    """Give the VEX that a CycloneDX SBOM may hold beside its components."""
    if b'"vulnerabilities"' not in body:
        return None
    try:
        return read_vex(strict_json.loads(body))
    except DocumentError:
        return None
