"""PRV: who built it, from what, and whether anybody stands up for that."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regexplore.auditing.checked_evidence import SIGNED_STATEMENTS, CheckedEvidence
from regexplore.auditing.policy import Policy, any_glob
from regexplore.auditing.rule import Outcome, failed, not_applicable, passed, rule, unknown
from regexplore.auditing.subjects import AuditedManifest
from regexplore.evidence.piece import PROVENANCE, SIGNATURE
from regexplore.evidence.slsa import Provenance

SOURCE, REVISION = "org.opencontainers.image.source", "org.opencontainers.image.revision"
_DECORATION = re.compile(r"^(?:git\+)?(?:https?|ssh|git)://(?:[^@/]+@)?|(?:\.git)?(?:[@#].*)?$")


@rule(
    "PRV01",
    title="no provenance",
    severity="medium",
    needs="evidence",
    inspects="SLSA provenance on the image and its index",
    source="SLSA Build L1",
    remedy="build with provenance: docker buildx build --provenance=mode=max, or an attesting workflow",
)
def no_provenance(image: AuditedManifest, policy: Policy) -> Outcome:
    """No statement of who built it."""
    found = _provenances(image)
    if found:
        return passed(f"{len(found)} found", found[0].digest)
    if image.evidence_problems:
        return unknown(image.evidence_problems[0])
    return failed("no provenance on the image or its index")


@rule(
    "PRV02",
    title="provenance that nobody signed",
    severity="medium",
    needs="evidence",
    inspects="whether provenance is in a signed envelope, or under a signed index",
    source="SLSA Build L2",
    remedy="sign the attestation, or the index that holds it",
)
def unsigned_provenance(image: AuditedManifest, policy: Policy) -> Outcome:
    """Provenance is there only as a bare statement."""
    found = _provenances(image)
    if not found:
        return not_applicable("no provenance")
    if any(one.piece.format in SIGNED_STATEMENTS for one in found):
        return passed("in a signed envelope")
    index = image.index
    inside = any("index" in one.piece.channels for one in found)
    if (
        index is not None
        and inside
        and any(one.piece.kind == SIGNATURE for one in image.evidence_on(index.digest))
    ):
        return passed("the index that holds it is signed")
    if any(
        one.piece.kind == SIGNATURE
        for found_one in found
        for one in image.evidence_on(found_one.piece.manifest.digest)
    ):
        return passed("the attestation is signed")
    return failed("a bare statement: anybody who can push could have written it", found[0].digest)


@rule(
    "PRV03",
    title="provenance of something else",
    severity="critical",
    needs="evidence",
    inspects="the subjects of provenance statements",
    source="in-toto statement v1",
    remedy="do not trust it for this image; find the right one",
)
def another_subject(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """No subject of the statement is the image or its index."""
    for one in _provenances(image):
        if one.statement is None:
            yield unknown(one.problem or "no statement could be read", one.digest)
        elif image.digests & set(one.names):
            yield passed(evidence=one.digest)
        else:
            yield failed(f"it is about {one.names[0] if one.names else 'nothing'}", one.digest)


@rule(
    "PRV04",
    title="builder that is not trusted",
    severity="high",
    needs="evidence",
    inspects="the builder's id against the builders of the policy",
    source="SLSA, verifying artifacts",
    remedy="build where the policy expects it",
)
def untrusted_builder(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """The builder is not one of those allowed."""
    for one, provenance in _read(image):
        if not policy.builders:
            yield unknown(
                f"built by {provenance.builder or 'nobody named'}; the policy names no builders", one.digest
            )
        elif not provenance.builder:
            yield unknown("it names no builder, as local builds do", one.digest)
        elif any_glob(provenance.builder, policy.builders):
            yield passed(provenance.builder, one.digest)
        else:
            yield failed(f"built by {provenance.builder}", one.digest)


@rule(
    "PRV05",
    title="provenance and image name different sources",
    severity="medium",
    needs="evidence",
    inspects="source and commit of provenance against org.opencontainers.image.source and .revision",
    source="OCI annotations; SLSA provenance",
    remedy="label the image with the source it was built from",
)
def source_disagrees(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """Where the image says it comes from is not where its provenance says."""
    said = {**image.labels, **image.annotations}
    source, revision = said.get(SOURCE, ""), said.get(REVISION, "")
    for one, provenance in _read(image):
        if not source and provenance.source and image.config_problem:
            yield unknown(image.config_problem, one.digest)
        elif not source or not provenance.source:
            yield not_applicable("one of the two names no source")
        elif _plain(source) != _plain(provenance.source):
            yield failed(f"the image says {source}, its provenance {provenance.source}", one.digest)
        elif revision and provenance.commit and revision != provenance.commit:
            yield failed(f"the image says commit {revision}, its provenance {provenance.commit}", one.digest)
        else:
            yield passed(source, one.digest)


@rule(
    "PRV06",
    title="materials that are not pinned",
    severity="low",
    needs="evidence",
    inspects="digests of the materials of provenance",
    source="SLSA provenance v1, resolvedDependencies",
    remedy="pin what the build consumes by digest",
)
def mutable_materials(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """Something the build consumed has no digest."""
    for one, provenance in _read(image):
        loose = [material.uri for material in provenance.materials if not material.digests]
        if loose:
            yield failed(
                f"{len(loose)} of {len(provenance.materials)} without a digest: {loose[0]}", one.digest
            )
        elif provenance.materials:
            yield passed(f"{len(provenance.materials)} pinned", one.digest)
        else:
            yield unknown("it lists no materials", one.digest)


@rule(
    "PRV07",
    title="provenance that is not complete",
    severity="info",
    needs="evidence",
    inspects="what provenance says of its own completeness",
    source="SLSA provenance v0.2, metadata.completeness",
    remedy="ask the builder for complete provenance: mode=max",
)
def incomplete(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """It says itself that something is left out."""
    for one, provenance in _read(image):
        if provenance.incomplete:
            yield failed(f"not complete: {', '.join(provenance.incomplete)}", one.digest)
        else:
            yield passed(evidence=one.digest)


RULES = (
    no_provenance,
    unsigned_provenance,
    another_subject,
    untrusted_builder,
    source_disagrees,
    mutable_materials,
    incomplete,
)


def _provenances(image: AuditedManifest) -> list[CheckedEvidence]:
    return [one for one in image.all_evidence if one.piece.kind == PROVENANCE]


def _read(image: AuditedManifest) -> Iterator[tuple[CheckedEvidence, Provenance]]:
    for one in _provenances(image):
        if one.provenance is not None:
            yield one, one.provenance


def _plain(address: str) -> str:
    """Give an address as it is compared: without scheme, user, ``.git`` and what follows ``@`` or ``#``."""
    return _DECORATION.sub("", address.strip()).rstrip("/").lower()
