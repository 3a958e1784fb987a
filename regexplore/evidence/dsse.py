"""DSSE envelopes: a payload, its type, and signatures over both.

Source: secure-systems-lab DSSE v1.0, ``envelope.md`` and ``protocol.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from regexplore.errors import DocumentError
from regexplore.evidence.limits import MAX_SIGNATURES
from regexplore.evidence.reading import base64_bytes, tables, text
from regexplore.oci import strict_json

IN_TOTO = "application/vnd.in-toto+json"


@dataclass(frozen=True, slots=True)
class EnvelopeSignature:
    """One signature of an envelope; ``keyid`` is a hint that nothing vouches for."""

    signature: bytes
    keyid: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A DSSE envelope.

    Attributes
    ----------
    payload_type : str
    payload : bytes
        Decoded; what it says is a claim until a signature was checked.
    signatures : tuple of EnvelopeSignature
    """

    payload_type: str
    payload: bytes
    signatures: tuple[EnvelopeSignature, ...]

    @property
    def signed_bytes(self) -> bytes:
        """What the signatures are over: the pre-authentication encoding.

        Examples
        --------
        >>> Envelope("http://example.com/HelloWorld", b"hello world", ()).signed_bytes
        b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
        """
        kind = self.payload_type.encode()
        return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(self.payload), self.payload)


def is_envelope(tree: Any) -> bool:
    """Whether a JSON tree has the shape of an envelope."""
    return isinstance(tree, dict) and "payload" in tree and "payloadType" in tree


def read_envelope(tree: Any, where: str = "$") -> Envelope:
    """Read an envelope from a JSON tree.

    Raises
    ------
    DocumentError
        It is none, and where it stops being one.
    """
    if not is_envelope(tree):
        raise DocumentError("no DSSE envelope: payload or payloadType is missing", where=where)
    kind = tree["payloadType"]
    if not isinstance(kind, str):
        raise DocumentError("payloadType is no text", where=f"{where}.payloadType")
    listed = tables(tree, "signatures", limit=MAX_SIGNATURES + 1)
    if not listed:
        raise DocumentError("an envelope without signatures", where=f"{where}.signatures")
    if len(listed) > MAX_SIGNATURES:
        raise DocumentError(f"more than {MAX_SIGNATURES} signatures", where=f"{where}.signatures")
    signatures = tuple(
        EnvelopeSignature(base64_bytes(one.get("sig"), f"{where}.signatures[{n}].sig"), text(one, "keyid"))
        for n, one in enumerate(listed)
    )
    return Envelope(kind, base64_bytes(tree["payload"], f"{where}.payload"), signatures)


def parse_envelope(raw: bytes) -> Envelope:
    """Read an envelope from its bytes.

    Raises
    ------
    DocumentError
        They are no JSON, or no envelope.
    """
    return read_envelope(strict_json.loads(raw))
