"""SIG: signatures on an image, its index, its platforms."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from regexplore.auditing.checked_evidence import CheckedEvidence
from regexplore.auditing.policy import Policy
from regexplore.auditing.rule import Outcome, failed, not_applicable, passed, rule, unknown
from regexplore.auditing.subjects import AuditedManifest, AuditedRepository
from regexplore.errors import DocumentError
from regexplore.evidence import notation_envelope as notation
from regexplore.evidence.log_entry import ANNOTATION as LOG_ENTRY
from regexplore.evidence.notation_verification import UNDERSTOOD, weakness
from regexplore.evidence.piece import SIGNATURE
from regexplore.evidence.sigstore_bundle import parse_bundle
from regexplore.evidence.verdict import FAILED, NOT_CHECKED, VERIFIED
from regexplore.frames.order import version_key

TIMESTAMP = "dev.sigstore.cosign/rfc3161timestamp"


@rule(
    "SIG01",
    title="not signed",
    severity="high",
    needs="evidence",
    inspects="signatures on the image and on its index, in every channel",
    source="CIS-DI-0005; CIS Docker 4.5; SLSA",
    remedy="sign the image by digest with cosign or notation",
)
def unsigned(image: AuditedManifest, policy: Policy) -> Outcome:
    """No signature of any format on the digest or on its index."""
    signed = [one for one in image.all_evidence if one.piece.kind == SIGNATURE]
    if signed:
        where = "image" if any(one.piece.subject == image.digest for one in signed) else "index"
        return passed(f"{len(signed)} on the {where}; whether they hold is for SIG03", signed[0].digest)
    if image.evidence_problems:
        return unknown(image.evidence_problems[0])
    return failed("no signature on the image or its index; other repositories and logs were not looked at")


@rule(
    "SIG02",
    title="signature of something else",
    severity="critical",
    scope="manifest",
    needs="evidence",
    inspects="the digest that each signature's payload names",
    source="cosign SIGNATURE_SPEC.md; Notary Project signature specification",
    remedy="remove the signature, and find out who moved it there",
)
def another_subject(manifest: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """The payload names another digest than that of the manifest it hangs on."""
    for one in _signatures(manifest):
        if one.problem:
            yield unknown(f"it cannot be read: {one.problem}", one.digest)
        elif one.names and manifest.digest not in one.names:
            yield failed(f"it is about {one.names[0]}", one.digest)
        elif one.names:
            yield passed(evidence=one.digest)


@rule(
    "SIG03",
    title="signature does not hold",
    severity="critical",
    scope="manifest",
    needs="evidence",
    inspects="the cryptographic checks of each signature under the trust that was given",
    source="Sigstore client specification; Notary Project verification workflow",
    remedy="do not run it; ask the publisher, and compare the trust material",
)
def invalid(manifest: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """A signature, its algorithm, its certificate or its log entry fails."""
    for one in _signatures(manifest):
        steps = [
            one.verdict.check(name) for name in ("format", "algorithm", "signature", "certificate", "log")
        ]
        broken = next((step for step in steps if step is not None and step.status == FAILED), None)
        if broken is not None:
            yield failed(f"{broken.name}: {broken.reason}", one.digest)
        elif steps[2] is not None and all(step is None or step.status == VERIFIED for step in steps):
            yield passed(steps[2].reason, one.digest)
        else:
            yield unknown(f"not checked: {one.verdict.reason}", one.digest)


@rule(
    "SIG04",
    title="nobody vouches for the time of signing",
    severity="medium",
    scope="manifest",
    needs="evidence",
    inspects="log entries and timestamps of cosign signatures and sigstore bundles",
    source="Sigstore client specification; cosign #4666",
    remedy="sign with a transparency log or a timestamp authority",
)
def no_proof_of_time(manifest: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """No log entry, no inclusion proof, no RFC 3161 token."""
    for one in _signatures(manifest):
        if one.piece.format in ("cosign signature", "DSSE envelope"):
            proof = LOG_ENTRY in one.piece.annotations or TIMESTAMP in one.piece.annotations
        elif one.piece.format == "sigstore bundle" and not one.problem:
            bundle = parse_bundle(one.piece.body or b"")
            proof = bundle.log_entries + bundle.timestamps > 0
        else:
            continue
        if proof:
            yield passed("there is a log entry or a timestamp", one.digest)
        else:
            yield failed("neither log entry nor timestamp", one.digest)


@rule(
    "SIG05",
    title="unexpected signer",
    severity="high",
    scope="manifest",
    needs="evidence",
    inspects="the signer of each signature against the identities of the policy",
    source="SLSA, verifying artifacts; Sigstore client specification",
    remedy="find out who signed; add the signer to the policy only if that was meant",
)
def unexpected_signer(manifest: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """A true signature of somebody whom the policy does not name."""
    for one in _signatures(manifest):
        step = one.verdict.check("identity")
        if step is None or step.status == NOT_CHECKED:
            yield unknown(step.reason if step else one.verdict.reason, one.digest)
        elif step.status == FAILED:
            yield failed(step.reason, one.digest)
        else:
            yield passed(step.reason, one.digest)


@rule(
    "SIG06",
    title="another signer than the version before",
    severity="medium",
    scope="repository",
    needs="evidence",
    inspects="whom the signatures of successive version tags name",
    source="regexplore; key takeover as in real incidents",
    remedy="confirm the change with the publisher",
)
def signer_changed(repository: AuditedRepository, policy: Policy) -> Iterator[Outcome]:
    """The signers of a version differ from those of the version before."""
    signers = [(tag, names) for tag, names in _signers_by_tag(repository) if names]
    problems = [one.evidence_problems[0] for one in repository.manifests if one.evidence_problems]
    if len(signers) < 2:
        told = problems or [f"{tag}: {reason}" for tag, reason in repository.errors.items()]
        yield unknown(told[0]) if told else not_applicable("fewer than two signed versions")
        return
    changed = False
    for (before, old), (after, new) in pairwise(signers):
        if old.isdisjoint(new):
            changed = True
            yield failed(
                f"{after} is signed by {', '.join(sorted(new))}, {before} by {', '.join(sorted(old))}", after
            )
    if not changed:
        yield passed(f"{len(signers)} signed versions")


@rule(
    "SIG07",
    title="signed only in part",
    severity="info",
    scope="manifest",
    needs="evidence",
    inspects="signatures on an index and on each of its platforms",
    source="cosign sign --recursive",
    remedy="sign index and platforms, so that both pins can be verified",
)
def signed_in_part(manifest: AuditedManifest, policy: Policy) -> Outcome:
    """The index is signed and its platforms are not, or some platforms are and others not."""
    children = [
        child.digest
        for child in manifest.children
        if child.platform is not None and not child.platform.is_unknown
    ]
    if not children or manifest.index is not None:
        return not_applicable("no index of platforms")
    signed = {one.piece.subject for one in manifest.evidence if one.piece.kind == SIGNATURE}
    own, below = manifest.digest in signed, [child for child in children if child in signed]
    if not own and not below:
        return not_applicable("nothing is signed")
    if own and len(below) == len(children):
        return passed("index and platforms are signed")
    if manifest.evidence_problems:
        return unknown(manifest.evidence_problems[0])
    told = f"the index is {'' if own else 'not '}signed, {len(below)} of {len(children)} platforms are"
    return failed(told, manifest.digest)


@rule(
    "SIG08",
    title="notation signature expired",
    severity="high",
    scope="manifest",
    needs="evidence",
    inspects="the expiry of notation signatures",
    source="Notary Project signature specification",
    remedy="sign again",
)
def expired(manifest: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """The time in the protected header has passed."""
    for one, envelope in _envelopes(manifest):
        try:
            expiry = envelope.time(notation.EXPIRY)
        except DocumentError as error:
            yield failed(f"an expiry that is no time: {error}", one.digest)
            continue
        if expiry is not None and expiry < policy.moment:
            yield failed(f"it expired on {expiry:%Y-%m-%d}", one.digest)
        else:
            yield passed(
                "it does not expire" if expiry is None else f"good until {expiry:%Y-%m-%d}", one.digest
            )


@rule(
    "SIG09",
    title="weak algorithm or unknown critical header",
    severity="high",
    scope="manifest",
    needs="evidence",
    inspects="algorithm, key and critical headers of notation signatures",
    source="Notary Project signature specification",
    remedy="sign again with PS256 or ES256 and headers of the specification",
)
def weak_or_strange(manifest: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """An algorithm outside the specification, a short key, a critical header nobody knows."""
    from regexplore.evidence.certificates import load_der

    for one, envelope in _envelopes(manifest):
        strange = sorted(set(envelope.critical) - UNDERSTOOD)
        try:
            weak = weakness(envelope, load_der(envelope.certificates[0]))
        except (DocumentError, ImportError) as error:
            yield unknown(str(error), one.digest)
            continue
        if strange:
            yield failed(f"critical headers that are not known: {', '.join(strange)}", one.digest)
        elif weak:
            yield failed(weak, one.digest)
        else:
            yield passed(envelope.algorithm, one.digest)


@rule(
    "SIG10",
    title="certificate not valid when it signed",
    severity="high",
    scope="manifest",
    needs="evidence",
    inspects="the certificate chain at the time that a log or an authority vouches for",
    source="Notary Project; Sigstore client specification",
    remedy="sign again with a valid certificate",
)
def invalid_then(manifest: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """The chain was not valid at the authenticated time; without such a time nobody can tell."""
    for one in _signatures(manifest):
        step = one.verdict.check("certificate")
        if step is None:
            continue
        if step.status == FAILED:
            yield failed(step.reason, one.digest)
        elif step.status == VERIFIED and one.verdict.signed_at is not None:
            yield passed(step.reason, one.digest)
        else:
            yield unknown(
                step.reason if step.status == NOT_CHECKED else "no time that was checked", one.digest
            )


RULES = (
    unsigned,
    another_subject,
    invalid,
    no_proof_of_time,
    unexpected_signer,
    signer_changed,
    signed_in_part,
    expired,
    weak_or_strange,
    invalid_then,
)


def _signatures(manifest: AuditedManifest) -> Iterator[CheckedEvidence]:
    return (one for one in manifest.own_evidence if one.is_signature)


def _envelopes(manifest: AuditedManifest) -> Iterator[tuple[CheckedEvidence, notation.NotationEnvelope]]:
    for one in manifest.own_evidence:
        if one.piece.format.startswith("notation") and one.piece.body is not None and not one.problem:
            yield one, notation.parse_notation(one.piece.body)


def _signers_by_tag(repository: AuditedRepository) -> Iterator[tuple[str, set[str]]]:
    """Give version tags in their order, and who is named by the signatures of what each names."""
    by_digest: dict[str, set[str]] = {}
    for manifest in repository.manifests:
        for one in manifest.own_evidence:
            signer = one.verdict.signer or one.claimed
            if one.piece.kind == SIGNATURE and signer is not None:
                name = signer.identity.split("@")[0] or f"key {signer.fingerprint[:16]}"
                by_digest.setdefault(str(manifest.digest), set()).add(name)
    for tag in sorted(repository.tags, key=version_key):
        if tag.lstrip("v")[:1].isdigit():
            yield tag, by_digest.get(repository.tags[tag], set())
