"""Trusted roots of sigstore: which authorities and logs a reader believes, and how old that knowledge is.

Nothing is fetched: the roots are those that come with the ``sigstore`` library, or a file of the reader's.

Source: sigstore protobuf-specs, ``sigstore_trustroot.proto``.
"""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from regexplore.errors import DocumentError, MissingExtraError
from regexplore.evidence.reading import base64_bytes, tables, text
from regexplore.evidence.trust import PRODUCTION, STAGING
from regexplore.oci import strict_json

if TYPE_CHECKING:
    from cryptography import x509

MAX_ROOT_BYTES = 4 << 20
_SHIPPED = {
    PRODUCTION: "https://tuf-repo-cdn.sigstore.dev",
    STAGING: "https://tuf-repo-cdn.sigstage.dev",
}


def root_bytes(name: str) -> bytes:
    """Give a trusted root as JSON.

    Parameters
    ----------
    name
        ``production``, ``staging`` or a path.

    Raises
    ------
    MissingExtraError
        The library that ships the root is not installed.
    DocumentError
        The file is too large.
    OSError
        The file cannot be read.
    """
    if name in _SHIPPED:
        return _shipped(name)
    file = Path(name)
    if file.stat().st_size > MAX_ROOT_BYTES:
        raise DocumentError(f"{file.name} is larger than {MAX_ROOT_BYTES:,} bytes")
    return file.read_bytes()


@cache
def _shipped(name: str) -> bytes:
    try:
        folder = files("sigstore._store")
    except ModuleNotFoundError:
        raise MissingExtraError("sigstore", "verify") from None
    return folder.joinpath(quote(_SHIPPED[name], safe=""), "trusted_root.json").read_bytes()


def roots_of(name: str) -> tuple[x509.Certificate, ...]:
    """Give the certificate authorities of a trusted root; none for "".

    Raises
    ------
    MissingExtraError, DocumentError, OSError
        As `root_bytes`; or it is no trusted root.
    """
    return _read(root_bytes(name)).authorities if name else ()


def log_keys_of(name: str) -> tuple[str, ...]:
    """Give the public keys of the logs of a trusted root, as PEM; none for "".

    Raises
    ------
    MissingExtraError, DocumentError, OSError
        As `root_bytes`; or it is no trusted root.
    """
    return _read(root_bytes(name)).log_keys if name else ()


def told_root(name: str) -> str:
    """Give the name of a trusted root and the date of the newest thing in it."""
    newest = _read(root_bytes(name)).newest or "unknown date"
    if name in _SHIPPED:
        return f"sigstore {name}, shipped with sigstore {version('sigstore')}, newest entry of {newest}"
    return f"trusted root {Path(name).name}, newest entry of {newest}"


@dataclass(frozen=True, slots=True)
class _Root:
    """What is asked of a trusted root."""

    authorities: tuple[x509.Certificate, ...]
    log_keys: tuple[str, ...]
    newest: str


# By content and not by name: a reader may put another root into the same file.
@lru_cache(maxsize=8)
def _read(raw: bytes) -> _Root:
    tree = strict_json.loads(raw)
    return _Root(tuple(_authorities(tree)), tuple(_log_keys(tree)), max(_dates(tree), default="")[:10])


def _authorities(tree: Any) -> Iterator[x509.Certificate]:
    from regexplore.evidence.certificates import load_der

    for authority in tables(tree, "certificateAuthorities", limit=100):
        for one in tables(authority, "certChain", "certificates", limit=10):
            yield load_der(base64_bytes(one.get("rawBytes"), "certificateAuthorities"))


def _log_keys(tree: Any) -> Iterator[str]:
    for log in tables(tree, "tlogs", limit=100):
        der = base64_bytes(text(log, "publicKey", "rawBytes"), "tlogs")
        body = encodebytes(der).decode("ascii")
        yield f"-----BEGIN PUBLIC KEY-----\n{body}-----END PUBLIC KEY-----\n"


def _dates(tree: Any) -> Iterator[str]:
    for authority in tables(tree, "certificateAuthorities", limit=100):
        yield text(authority, "validFor", "start")
    for key in ("tlogs", "ctlogs"):
        for log in tables(tree, key, limit=100):
            yield text(log, "publicKey", "validFor", "start")
