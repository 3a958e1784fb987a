"""Checking sigstore bundles: certificates by the ``sigstore`` library, offline; bundles with a key by ourselves.

The library answers whether the bundle holds together under its root. Whether it is about this manifest, and whether
its signer counts, is asked here.

Source: Sigstore client specification, "Verification".
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from regexplore.errors import DocumentError, MissingExtraError
from regexplore.evidence.certificates import issued, load_der, signer_of
from regexplore.evidence.checks import check, identity_check, not_checked, verdict_of
from regexplore.evidence.cosign_verification import statement_check
from regexplore.evidence.public_keys import fingerprint, load_public_key, signs
from regexplore.evidence.reading import at, tables
from regexplore.evidence.sigstore_bundle import SigstoreBundle, parse_bundle
from regexplore.evidence.sigstore_roots import root_bytes, roots_of, told_root
from regexplore.evidence.trust import Trust
from regexplore.evidence.verdict import FAILED, NOT_CHECKED, VERIFIED, Check, Signer, Verdict
from regexplore.oci import Descriptor, strict_json


def verify_bundle(raw: bytes, subject: Descriptor, trust: Trust) -> Verdict:
    """Check a bundle.

    Raises
    ------
    DocumentError
        It is no bundle.
    MissingExtraError
        The library is not installed.
    """
    bundle = parse_bundle(raw)
    if not bundle.certificate:
        return _by_key(bundle, subject, trust)
    leaf = load_der(bundle.certificate)
    signer = signer_of(leaf)
    if not trust.sigstore:
        return not_checked("signed with a certificate of sigstore, and no trusted root was given", signer)
    if not any(issued(root, leaf) for root in roots_of(trust.sigstore)):
        told = leaf.issuer.rfc4514_string()
        return not_checked(
            f"its certificate is of {told!r}, which is not in {told_root(trust.sigstore)}", signer
        )
    problem = _library_problem(raw, bundle, subject, trust.sigstore)
    checks = (
        check("signature", not problem, "holds together with certificate and log", problem),
        _subject(bundle, subject),
        identity_check(trust, signer),
    )
    moment = None if problem else _logged_at(raw)
    return verdict_of(checks, signer=signer, signed_at=moment, trust_root=told_root(trust.sigstore))


class _AnySigner:
    """A policy of the library that accepts every signer: who counts is asked afterwards, under the reader's."""

    def verify(self, _certificate: object) -> None:
        """Accept."""


def _library_problem(raw: bytes, bundle: SigstoreBundle, subject: Descriptor, root: str) -> str:
    """Ask the library; give why it refuses, "" when it does not."""
    try:
        from sigstore.hashes import Hashed
        from sigstore.models import Bundle, TrustedRoot
        from sigstore.verify import Verifier
        from sigstore_models.common.v1 import HashAlgorithm
    except ImportError:
        raise MissingExtraError("sigstore", "verify") from None
    from pathlib import Path
    from tempfile import TemporaryDirectory

    try:
        with TemporaryDirectory() as folder:
            file = Path(folder, "trusted_root.json")
            file.write_bytes(root_bytes(root))
            verifier = Verifier(trusted_root=TrustedRoot.from_file(str(file)))
        parsed = Bundle.from_json(raw)
        if bundle.envelope is None:
            digest = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(subject.digest.encoded))
            verifier.verify_artifact(digest, parsed, _AnySigner())
        else:
            verifier.verify_dsse(parsed, _AnySigner())
    except Exception as error:  # hostile input meets a library: whatever it raises, it refuses
        return f"{type(error).__name__}: {error}"
    return ""


def _subject(bundle: SigstoreBundle, subject: Descriptor) -> Check:
    if bundle.envelope is not None:
        return statement_check(bundle.envelope.payload, subject)
    return check(
        "subject",
        bundle.message_digest.hex() == subject.digest.encoded,
        "the signature is over this manifest",
        "the signature is over other content",
    )


def _by_key(bundle: SigstoreBundle, subject: Descriptor, trust: Trust) -> Verdict:
    if not trust.keys:
        return not_checked("signed with a key, and no key was given")
    bound = _subject(bundle, subject)
    if bundle.envelope is None:
        unchecked = Check(
            "signature", NOT_CHECKED, "over bytes, made with a key: only attestations are checked"
        )
        return verdict_of((bound, unchecked))
    for name, pem in trust.keys.items():
        key = load_public_key(pem)
        if any(signs(key, one.signature, bundle.envelope.signed_bytes) for one in bundle.envelope.signatures):
            signer = Signer(fingerprint=fingerprint(key))
            made = Check("signature", VERIFIED, f"made with the key {name!r}")
            checks = (made, bound, identity_check(trust, signer, name))
            return verdict_of(checks, signer=signer, trust_root="keys given by the reader")
    reason = f"none of the {len(trust.keys)} keys given made it, or its content was changed"
    return verdict_of((Check("signature", FAILED, reason), bound), trust_root="keys given by the reader")


def _logged_at(raw: bytes) -> datetime | None:
    """Give the log's time of a bundle that was verified; the second version of the log keeps none."""
    material = at(strict_json.loads(raw), "verificationMaterial")
    for entry in tables(material, "tlogEntries", limit=1):
        with suppress(ValueError, TypeError, OverflowError, OSError, DocumentError):
            moment = int(entry.get("integratedTime", 0))
            return datetime.fromtimestamp(moment, UTC) if moment > 0 else None
    return None
