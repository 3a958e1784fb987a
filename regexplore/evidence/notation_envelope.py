"""Notation's envelopes, JWS and COSE, read into one form; nothing is checked here.

Source: Notary Project ``signature-envelope-jws.md``, ``signature-envelope-cose.md``; RFC 7515; RFC 9052.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from regexplore.errors import DocumentError, MissingExtraError
from regexplore.evidence.certificates import MAX_CHAIN
from regexplore.evidence.reading import MAX_TEXT, base64_bytes, text
from regexplore.oci import strict_json
from regexplore.oci.image_config import parse_time

MAX_ENVELOPE_BYTES = 10 << 20
PREFIX = "io.cncf.notary."
SCHEME = f"{PREFIX}signingScheme"
EXPIRY = f"{PREFIX}expiry"
SIGNING_TIME = f"{PREFIX}signingTime"
AUTHENTIC_TIME = f"{PREFIX}authenticSigningTime"
PLUGIN = f"{PREFIX}verificationPlugin"
PLUGIN_VERSION = f"{PREFIX}verificationPluginMinVersion"
TIMESTAMP = f"{PREFIX}timestampSignature"
PAYLOAD_TYPE = "application/vnd.cncf.notary.payload.v1+json"

# Algorithms of COSE by their numbers (RFC 9053, RFC 8230), in the words of JWS.
COSE_ALGORITHMS = {-37: "PS256", -38: "PS384", -39: "PS512", -7: "ES256", -35: "ES384", -36: "ES512"}
_ALGORITHM, _CRITICAL, _CONTENT_TYPE, _X5CHAIN = 1, 2, 3, 33
_SIGN1_TAG = 18
# Numbers, references, regular expressions, MIME, UUIDs, sets, dates, addresses (the IANA registry of CBOR tags).
_NEEDLESS_TAGS = (2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 261, 1004, 43000)
_MAX_CBOR_DEPTH = 20


@dataclass(frozen=True, slots=True)
class NotationEnvelope:
    """A notation signature.

    Attributes
    ----------
    algorithm : str
        In the words of JWS; what is not known as it stands.
    content_type : str
        Of the payload.
    critical : tuple of str
        Headers that a reader must understand.
    headers : mapping of str to object
        The other protected headers; times as datetime.
    payload : bytes
    signed_bytes, signature : bytes
    certificates : tuple of bytes
        DER, leaf first.
    has_timestamp : bool
    """

    algorithm: str
    content_type: str
    critical: tuple[str, ...]
    headers: Mapping[str, Any]
    payload: bytes
    signed_bytes: bytes
    signature: bytes
    certificates: tuple[bytes, ...]
    has_timestamp: bool

    @property
    def scheme(self) -> str:
        """``notary.x509`` or ``notary.x509.signingAuthority``."""
        found = self.headers.get(SCHEME)
        return found if isinstance(found, str) else ""

    def time(self, name: str) -> datetime | None:
        """Give a header that is a time; None when there is none.

        Raises
        ------
        DocumentError
            The header is there and no time.
        """
        found = self.headers.get(name)
        if found is None or isinstance(found, datetime):
            return found
        moment = parse_time(found) if isinstance(found, str) else None
        if moment is None:
            raise DocumentError("no time", where=name)
        return moment

    def target(self) -> Any:
        """Give the descriptor that was signed, as plain JSON.

        Raises
        ------
        DocumentError
            The payload is no JSON.
        """
        tree = strict_json.loads(self.payload)
        return tree.get("targetArtifact") if isinstance(tree, dict) else None


def parse_notation(raw: bytes) -> NotationEnvelope:
    """Read an envelope; which of the two forms shows in its first byte.

    Raises
    ------
    DocumentError
        It is neither.
    MissingExtraError
        COSE needs the extra ``verify``.
    """
    if len(raw) > MAX_ENVELOPE_BYTES:
        raise DocumentError(f"an envelope of more than {MAX_ENVELOPE_BYTES:,} bytes")
    return parse_jws(raw) if raw.lstrip()[:1] == b"{" else parse_cose(raw)


def parse_jws(raw: bytes) -> NotationEnvelope:
    """Read a JWS in flattened JSON form.

    Raises
    ------
    DocumentError
        It is none.
    """
    tree = strict_json.loads(raw)
    if not isinstance(tree, dict) or not all(
        isinstance(tree.get(key), str) for key in ("payload", "protected")
    ):
        raise DocumentError("no JWS: payload or protected is missing")
    protected = strict_json.loads(base64_bytes(tree["protected"], "$.protected"))
    if not isinstance(protected, dict):
        raise DocumentError("no object", where="$.protected")
    header = tree.get("header")
    chain = header.get("x5c") if isinstance(header, dict) else None
    return NotationEnvelope(
        algorithm=text(protected, "alg"),
        content_type=text(protected, "cty"),
        critical=_names(protected.get("crit", []), "$.protected.crit"),
        headers={key: value for key, value in protected.items() if key not in ("alg", "cty", "crit")},
        payload=base64_bytes(tree["payload"], "$.payload"),
        signed_bytes=f"{tree['protected']}.{tree['payload']}".encode(),
        signature=base64_bytes(tree.get("signature"), "$.signature"),
        certificates=_chain([base64_bytes(one, "$.header.x5c") for one in _list(chain)]),
        has_timestamp=isinstance(header, dict) and TIMESTAMP in header,
    )


def parse_cose(raw: bytes) -> NotationEnvelope:
    """Read a COSE_Sign1 message.

    Raises
    ------
    DocumentError
        It is none.
    MissingExtraError
        cbor2 is not installed.
    """
    try:
        import cbor2
    except ImportError:
        raise MissingExtraError("cbor2", "verify") from None
    message = _decoded(raw)
    parts = message.value if isinstance(message, cbor2.CBORTag) and message.tag == _SIGN1_TAG else None
    if not isinstance(parts, list | tuple) or len(parts) != 4:
        raise DocumentError("no COSE_Sign1")
    protected_raw, unprotected, payload, signature = parts
    if not all(isinstance(part, bytes) for part in (protected_raw, payload, signature)):
        raise DocumentError("a COSE_Sign1 of other parts than bytes")
    protected = _decoded(protected_raw)
    # Inside of a tag the decoder gives what cannot be changed: tuples, and maps that are no dict.
    if not isinstance(protected, Mapping) or not isinstance(unprotected, Mapping):
        raise DocumentError("a COSE_Sign1 whose headers are no maps")
    chain = unprotected.get(_X5CHAIN)
    number = protected.get(_ALGORITHM)
    return NotationEnvelope(
        algorithm=COSE_ALGORITHMS.get(number, str(number)) if isinstance(number, int) else "",
        content_type=str(protected.get(_CONTENT_TYPE, ""))[:MAX_TEXT],
        critical=_names(protected.get(_CRITICAL, []), "crit"),
        headers={key: value for key, value in protected.items() if isinstance(key, str)},
        payload=payload,
        signed_bytes=cbor2.dumps(["Signature1", protected_raw, b"", payload]),
        signature=signature,
        certificates=_chain([chain] if isinstance(chain, bytes) else _list(chain)),
        has_timestamp=TIMESTAMP in unprotected,
    )


def _decoded(raw: bytes) -> Any:
    """Decode CBOR to its last byte.

    Refused is what no signature needs: keys that stand twice, and every tag that makes the decoder compute something
    (numbers of any size, regular expressions, values that hold themselves).
    """
    import cbor2

    def refuse(*_: Any) -> Any:
        raise DocumentError("CBOR with a tag that signatures have no use for")

    stream = BytesIO(raw)
    try:
        value = cbor2.CBORDecoder(
            stream,
            semantic_decoders=dict.fromkeys(_NEEDLESS_TAGS, refuse),
            max_depth=_MAX_CBOR_DEPTH,
            allow_duplicate_keys=False,
        ).decode()
    except (cbor2.CBORDecodeError, ValueError, RecursionError, OverflowError, MemoryError) as error:
        raise DocumentError(f"no CBOR: {error}") from None
    if stream.read(1):
        raise DocumentError("CBOR with something after its end")
    return value


def _chain(certificates: list[Any]) -> tuple[bytes, ...]:
    if not certificates or len(certificates) > MAX_CHAIN:
        raise DocumentError(f"an envelope carries 1 to {MAX_CHAIN} certificates, not {len(certificates)}")
    if not all(isinstance(one, bytes) for one in certificates):
        raise DocumentError("a certificate that is no bytes")
    return tuple(certificates)


def _list(value: Any) -> list[Any]:
    return list(value[: MAX_CHAIN + 1]) if isinstance(value, list | tuple) else []


def _names(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str | int) for one in value):
        raise DocumentError("no list of headers", where=where)
    return tuple(str(one) for one in value[:100])
