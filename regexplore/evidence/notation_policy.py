"""Notation's trust stores and trust policies: which authorities count for which repositories, and how strictly.

Source: Notary Project ``trust-store-trust-policy.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regexplore.errors import DocumentError, PolicyError
from regexplore.evidence.certificates import MAX_PEM_BYTES, load_certificates, load_der
from regexplore.evidence.reading import tables, text, texts

if TYPE_CHECKING:
    from cryptography import x509

CA, AUTHORITY = "ca", "signingAuthority"
STRICT, PERMISSIVE, AUDIT, SKIP = "strict", "permissive", "audit", "skip"
STEPS = ("integrity", "authenticity", "authenticTimestamp", "expiry", "revocation")
ENFORCED = {
    STRICT: frozenset(STEPS),
    PERMISSIVE: frozenset({"integrity", "authenticity"}),
    AUDIT: frozenset({"integrity"}),
    SKIP: frozenset[str](),
}
"""Which steps a level enforces; the others are logged."""

SUFFIXES = (".pem", ".crt", ".cer", ".der")
MAX_POLICIES = 1_000


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a trust policy.

    Attributes
    ----------
    name : str
    level : str
        ``strict``, ``permissive``, ``audit`` or ``skip``.
    enforced : frozenset of str
        Steps that decide, overrides included.
    stores : tuple of str
        ``ca:name`` or ``signingAuthority:name``.
    identities : tuple of str
        ``*``, or ``x509.subject:`` and parts of a subject.
    """

    name: str
    level: str
    enforced: frozenset[str]
    stores: tuple[str, ...]
    identities: tuple[str, ...]


EVERYTHING = Statement("all stores", STRICT, ENFORCED[STRICT], ("*",), ())


def policy_for(document: Mapping[str, Any] | None, repository: str) -> Statement:
    """Give the statement for a repository: one that names it, else the one for ``*``.

    Raises
    ------
    PolicyError
        The document is no trust policy, or has no statement for the repository.
    """
    if document is None:
        return EVERYTHING
    if text(document, "version") != "1.0":
        raise PolicyError("a trust policy of notation has the version 1.0")
    general = None
    for statement in tables(document, "trustPolicies", limit=MAX_POLICIES):
        scopes = texts(statement, "registryScopes")
        if repository and repository in scopes:
            return _statement(statement)
        if scopes == ("*",):
            general = _statement(statement)
    if general is None:
        raise PolicyError(f"the trust policy has no statement for {repository or 'any repository'}")
    return general


def load_store(folder: str | PathLike[str], kind: str, statement: Statement) -> list[x509.Certificate]:
    """Read the certificates of the named stores of a kind.

    Parameters
    ----------
    folder
        The trust store: the folder that holds ``x509``, or ``x509`` itself.
    kind
        ``ca`` or ``signingAuthority``.

    Raises
    ------
    PolicyError
        A file is a link, or no certificate.
    """
    root = Path(folder)
    base = (root / "x509" if (root / "x509").is_dir() else root) / kind
    found: list[x509.Certificate] = []
    for store in sorted(base.iterdir()) if base.is_dir() else ():
        if "*" not in statement.stores and f"{kind}:{store.name}" not in statement.stores:
            continue
        for file in sorted(store.iterdir()) if store.is_dir() and not store.is_symlink() else ():
            found += _certificates(file)
    return found


def names_subject(wanted: str, certificate: x509.Certificate) -> bool:
    """Whether an ``x509.subject:`` identity is that of a certificate: each of its parts must be there.

    Examples
    --------
    ``x509.subject: C=US, ST=WA, O=wabbit-network.io`` is met by a subject with these parts and any others.
    """
    parts = [part.strip() for part in wanted.removeprefix("x509.subject:").split(",")]
    subject = {f"{one.rfc4514_attribute_name}={one.value!s}" for one in certificate.subject}
    return bool(parts) and all(part in subject for part in parts)


def _statement(tree: Mapping[str, Any]) -> Statement:
    name = text(tree, "name")
    level = text(tree, "signatureVerification", "level")
    if level not in ENFORCED:
        raise PolicyError(f"trust policy {name!r}: the level is {level!r}, not one of {', '.join(ENFORCED)}")
    enforced = set(ENFORCED[level])
    overrides = tree["signatureVerification"].get("override") or {}
    if not isinstance(overrides, Mapping) or not set(overrides) <= set(STEPS[1:]):
        raise PolicyError(f"trust policy {name!r}: an override of a step that is none, or of integrity")
    for step, action in overrides.items():
        (enforced.add if action == "enforce" else enforced.discard)(step)
    return Statement(
        name, level, frozenset(enforced), texts(tree, "trustStores"), texts(tree, "trustedIdentities")
    )


def _certificates(file: Path) -> list[x509.Certificate]:
    if file.suffix.lower() not in SUFFIXES:
        return []
    if file.is_symlink() or not file.is_file() or file.stat().st_size > MAX_PEM_BYTES:
        raise PolicyError(f"{file.name} in the trust store is a link, a folder, or too large")
    raw = file.read_bytes()
    try:
        return load_certificates(raw) if b"-----BEGIN" in raw else [load_der(raw)]
    except DocumentError as error:
        raise PolicyError(f"{file.name} in the trust store: {error}") from None
