"""What a reader trusts: keys, roots, logs, and whom. Without it nothing is verified, only claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from os import PathLike
from types import MappingProxyType
from typing import Any

from regexplore.errors import PolicyError
from regexplore.evidence.verdict import Signer

PRODUCTION, STAGING = "production", "staging"

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whose signature counts.

    Attributes
    ----------
    identity : str
        Subject alternative name of the certificate: an address or a workflow. A glob such as
        ``https://github.com/acme/*``; "" for any.
    issuer : str
        Who vouched for it: the OIDC issuer, exactly. A certificate of a public authority says little without.
    key : str
        Instead of both: the name of a key in `Trust.keys`.

    Examples
    --------
    >>> ci = Identity(identity="https://github.com/example/*", issuer="https://issuer.example")
    >>> rx.audit(repo, policy=rx.Policy(trust=rx.Trust(identities=(ci,))), progress=None).complete
    True
    """

    identity: str = ""
    issuer: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        if not (self.identity or self.issuer or self.key):
            raise PolicyError("an identity that names nobody would accept everybody")
        if self.key and (self.identity or self.issuer):
            raise PolicyError("an identity is a key, or a name with its issuer, not both")

    def accepts(self, signer: Signer, key: str) -> bool:
        """Whether a signer is this one."""
        if self.key:
            return key == self.key
        named = not self.identity or fnmatchcase(signer.identity, self.identity)
        return not key and named and self.issuer in ("", signer.issuer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What signatures are checked against.

    Attributes
    ----------
    keys : mapping of str to str
        Public keys as PEM, by a name of the reader's choice. Without ``identities`` each of them counts.
    roots : str
        Certificate authorities as PEM, one after the other, for certificates of cosign's signatures.
    log_keys : tuple of str
        Public keys of transparency logs as PEM, for cosign's older signatures.
    sigstore : str
        Trusted root of sigstore bundles: ``production``, ``staging`` (both as shipped with the library; no
        network), or a path of a ``trusted_root.json``; "" for none.
    identities : tuple of Identity
        Who counts. A good signature of anybody else is not verified; a certificate needs one.
    notation_store : path, optional
        A trust store of notation: ``x509/ca/<name>/*.pem`` and so on below it.
    notation_policy : mapping, optional
        A ``trustpolicy.json`` as plain data. Without one each store counts for everything, level strict.
    now : datetime, optional
        When expiry is judged; now by default.

    Examples
    --------
    >>> from regexplore.sandbox.demo import public_keys
    >>> trust = rx.Trust(keys=public_keys())
    >>> trust.is_empty
    False
    """

    keys: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    roots: str = ""
    log_keys: tuple[str, ...] = ()
    sigstore: str = ""
    identities: tuple[Identity, ...] = ()
    notation_store: str | PathLike[str] | None = None
    notation_policy: Mapping[str, Any] | None = None
    now: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to check anything against."""
        return not (self.keys or self.roots or self.sigstore or self.notation_store)

    def accepts(self, signer: Signer, key: str = "") -> bool | None:
        """Whether a signer counts; None when nobody said who does.

        Parameters
        ----------
        signer
            As its certificate says.
        key
            Name of the key, for a signature by one of `keys`.
        """
        if not self.identities:
            return True if key else None
        return any(one.accepts(signer, key) for one in self.identities)
