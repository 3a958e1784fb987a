"""The frames of an audit's report: images, evidence, coverage, sharing, and what dangles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import pandas as pd

from regexplore.auditing.checked_evidence import CheckedEvidence
from regexplore.auditing.rule import FAIL, SEVERITIES
from regexplore.auditing.subjects import AuditedManifest, AuditedRepository
from regexplore.evidence.looks import ELSEWHERE, NOT_LOOKED
from regexplore.evidence.piece import CHANNELS, KINDS, OTHER, PROVENANCE, SBOM, SIGNATURE
from regexplore.evidence.verdict import FAILED, VERIFIED
from regexplore.frames.facts import created_of, total_size
from regexplore.frames.origin import Origin
from regexplore.frames.schema import TEXT, TIME, WHOLE, Row, Schema
from regexplore.frames.sharing import Contents, shared_content_frame
from regexplore.oci import Digest

IMAGES = Schema.of(
    ("reference", TEXT, "what was looked at, as a reader would name it"),
    ("tags", TEXT, "tags that name it, or its index"),
    ("digest", TEXT, "digest of the manifest"),
    ("platform", TEXT, "its platform, when it is a child of an index"),
    ("kind", TEXT, "index, image, artifact, unknown or unreadable"),
    ("format", TEXT, "what it is: image, Helm chart, model pack ..."),
    ("created", TIME, "as its config or annotation says"),
    ("total_size", WHOLE, "bytes of manifest, config and layers; not known for an index"),
    ("signatures", WHOLE, "on it or its index; missing when nobody looked"),
    ("verified", WHOLE, "how many of these hold, are about it, and are by somebody who counts"),
    ("provenance", WHOLE, "provenance statements on it or its index"),
    ("sboms", WHOLE, "SBOMs on it or its index"),
    ("failures", WHOLE, "findings that fail"),
    ("worst", TEXT, "worst severity among them"),
    ("error", TEXT, "why it could not be read"),
)

EVIDENCE = Schema.of(
    ("reference", TEXT, "what was looked at when this was found"),
    ("subject", TEXT, "digest of the manifest that it hangs on"),
    ("platform", TEXT, "platform of that manifest, when it is a child of an index"),
    ("manifest", TEXT, "digest of the manifest that carries it"),
    ("digest", TEXT, "digest of the body, else of the manifest"),
    (
        "kind",
        TEXT,
        "what it claims to be: signature, provenance, sbom, vex, vulnerabilities, attestation, other",
    ),
    ("format", TEXT, "how it is written: cosign signature, sigstore bundle ..."),
    ("artifact_type", TEXT, "of its manifest"),
    ("predicate_type", TEXT, "of its statement"),
    ("channels", TEXT, "all the ways that led to it"),
    ("depth", WHOLE, "1 for evidence on the image, 2 for evidence on evidence"),
    ("size", WHOLE, "bytes of the body"),
    ("claimed_signer", TEXT, "whom a certificate beside it names; not checked"),
    ("claimed_subjects", TEXT, "digests that its body says it is about; not checked"),
    ("status", TEXT, "verified, failed, or not checked"),
    ("reason", TEXT, "what decided"),
    ("signer", TEXT, "who signed; only when verified"),
    ("issuer", TEXT, "who vouched for the signer; only when verified"),
    ("signed_at", TIME, "when a log or an authority saw it"),
    ("trust_root", TEXT, "what it was checked against, and how old that is"),
    ("problem", TEXT, "why it could not be read"),
)

COVERAGE = Schema.of(
    ("reference", TEXT, "what was looked at"),
    ("digest", TEXT, "digest of the index, or of the image for a platform"),
    ("platform", TEXT, "missing for the index itself"),
    ("kind", TEXT, "signature, provenance, sbom, vex, vulnerabilities or attestation"),
    ("channel", TEXT, "where it was looked for"),
    ("outcome", TEXT, "found, none, failed, or not looked at"),
    ("count", WHOLE, "how many pieces"),
    ("verified", WHOLE, "how many of these were verified"),
    ("failed", WHOLE, "how many of these were checked and do not hold"),
    ("reason", TEXT, "why it failed or was not looked at"),
)

DANGLING = Schema.of(
    ("repository", TEXT, "registry and repository"),
    ("name", TEXT, "tag or reference that speaks of something"),
    ("kind", TEXT, "tag, referrer, entry of a referrers tag, or content of a manifest"),
    ("about", TEXT, "digest that is not there"),
    ("reason", TEXT, "what the registry said"),
)


def images_frame(
    manifests: Iterable[AuditedManifest], findings: pd.DataFrame, origin: Origin
) -> pd.DataFrame:
    """Give one row for each manifest that was looked at."""
    failing = findings[findings["status"] == FAIL]
    counts = Counter(zip(failing["reference"], failing["digest"].fillna(""), strict=True))
    worst: dict[tuple[str, str], str] = {}
    for reference, digest, severity in zip(
        failing["reference"], failing["digest"].fillna(""), failing["severity"], strict=True
    ):
        known = worst.get((reference, digest), SEVERITIES[-1])
        worst[reference, digest] = min(severity, known, key=SEVERITIES.index)
    return IMAGES.frame([_image_row(one, counts, worst) for one in manifests], origin)


def _image_row(
    one: AuditedManifest, counts: Counter[tuple[str, str]], worst: dict[tuple[str, str], str]
) -> Row:
    key = (one.reference, str(one.digest))
    found = one.all_evidence
    kinds = Counter(piece.piece.kind for piece in found)
    signatures = [piece for piece in found if piece.piece.kind == SIGNATURE]
    return {
        "reference": one.reference,
        "tags": ", ".join(one.tags),
        "digest": one.digest,
        "platform": one.platform if one.index is not None else None,
        "kind": one.document.kind,
        "format": one.format,
        "created": created_of(one.document, one.config),
        "total_size": total_size(one.document),
        "signatures": len(signatures) if one.evidence_read else None,
        "verified": sum(piece.verdict.status == VERIFIED for piece in signatures)
        if one.evidence_read
        else None,
        "provenance": kinds[PROVENANCE] if one.evidence_read else None,
        "sboms": kinds[SBOM] if one.evidence_read else None,
        "failures": counts[key],
        "worst": worst.get(key),
        "error": one.raw_problem() or one.config_problem,
    }


def evidence_frame(manifests: Iterable[AuditedManifest], origin: Origin) -> pd.DataFrame:
    """Give one row for each piece of evidence and each thing it hangs on."""
    rows = [_evidence_row(root.reference, one) for root in _roots(manifests) for one in root.evidence]
    return EVIDENCE.frame(rows, origin)


def _evidence_row(reference: str, one: CheckedEvidence) -> Row:
    piece, verdict = one.piece, one.verdict
    verified = verdict.signer if verdict.status == VERIFIED else None
    return {
        "reference": reference,
        "subject": piece.subject,
        "platform": piece.platform,
        "manifest": piece.manifest.digest,
        "digest": one.digest,
        "kind": piece.kind,
        "format": piece.format,
        "artifact_type": piece.artifact_type,
        "predicate_type": piece.predicate_type,
        "channels": ", ".join(piece.channels),
        "depth": piece.depth,
        "size": (piece.part or piece.manifest).size,
        "claimed_signer": one.claimed.identity if one.claimed is not None else None,
        "claimed_subjects": ", ".join(one.names[:5]),
        "status": verdict.status,
        "reason": verdict.reason,
        "signer": (verified.identity or f"key {verified.fingerprint[:16]}") if verified else None,
        "issuer": verified.issuer if verified else None,
        "signed_at": verdict.signed_at,
        "trust_root": verdict.trust_root,
        "problem": piece.problem or one.problem,
    }


def coverage_frame(manifests: Iterable[AuditedManifest], origin: Origin) -> pd.DataFrame:
    """Give one row for each reference, platform, kind of evidence and channel: what was found where."""
    rows = [row for root in _roots(manifests) if root.evidence_read for row in _coverage_rows(root)]
    return COVERAGE.frame(rows, origin)


def _coverage_rows(root: AuditedManifest) -> Iterator[Row]:
    looks = {(look.subject, look.channel): look for look in root.looks}
    subjects = {look.subject: look.platform for look in root.looks} or {root.digest: ""}
    for digest, platform in subjects.items():
        evidence = root.evidence_on(digest)
        for kind in KINDS:
            if kind == OTHER:
                continue
            for channel in CHANNELS:
                found = [one for one in evidence if one.piece.kind == kind and channel in one.piece.channels]
                look = looks.get((digest, channel))
                outcome = ("found" if found else "none") if look is not None else NOT_LOOKED
                if look is not None and not found and look.outcome in ("failed", NOT_LOOKED):
                    outcome = look.outcome
                yield {
                    "reference": root.reference,
                    "digest": digest,
                    "platform": platform,
                    "kind": kind,
                    "channel": channel,
                    "outcome": outcome,
                    "count": len(found),
                    "verified": len([one for one in found if one.verdict.status == VERIFIED]),
                    "failed": len([one for one in found if one.verdict.status == FAILED]),
                    "reason": look.reason if look is not None else "",
                }
            yield {
                "reference": root.reference,
                "digest": digest,
                "platform": platform,
                "kind": kind,
                "channel": ELSEWHERE,
                "outcome": NOT_LOOKED,
                "reason": "no audit leaves the registry",
            }


def sharing_of(repositories: Iterable[AuditedRepository], origin: Origin) -> pd.DataFrame:
    """Give one row for each piece of content, with how many references hold it."""
    contents: dict[str, dict[Digest, int]] = {}
    for repository in repositories:
        for one in repository.manifests:
            held = contents.setdefault(one.reference, {})
            held[one.digest] = len(one.document.raw)
            if one.config is not None:
                held[one.config.descriptor.digest] = one.config.descriptor.size
            held.update({layer.digest: layer.size for layer in one.layers})
    plain: Contents = contents
    return shared_content_frame(plain, origin)


def dangling_frame(repositories: Iterable[AuditedRepository], origin: Origin) -> pd.DataFrame:
    """Give one row for everything that speaks of what is not there."""
    rows = [row for repository in repositories for row in _dangling_rows(repository)]
    return DANGLING.frame(rows, origin)


def _dangling_rows(repository: AuditedRepository) -> Iterator[Row]:
    for tag in repository.speaking:
        if tag.there is False:
            yield {
                "repository": repository.name,
                "name": tag.tag,
                "kind": "tag",
                "about": tag.about,
                "reason": tag.reason,
            }
        for gone in tag.gone:
            yield {
                "repository": repository.name,
                "name": tag.tag,
                "kind": "entry of a referrers tag",
                "about": gone,
            }
    for one in repository.manifests:
        if one.subject_missing and one.document.subject is not None:
            yield {
                "repository": repository.name,
                "name": one.reference,
                "kind": "referrer",
                "about": one.document.subject.digest,
                "reason": one.subject_missing,
            }
        for digest, reason in one.absent.items():
            yield {
                "repository": repository.name,
                "name": one.reference,
                "kind": "content of a manifest",
                "about": digest,
                "reason": reason,
            }


def _roots(manifests: Iterable[AuditedManifest]) -> Iterator[AuditedManifest]:
    return (one for one in manifests if one.index is None)
