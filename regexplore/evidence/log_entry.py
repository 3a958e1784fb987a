"""Entries of the Rekor log as cosign's older signatures carry them: an annotation with the log's own signature.

The log's signature alone proves only that some entry exists. The entry must speak of this payload, this signature
and this key, or it was taken from somewhere else (CVE-2022-36056).

Source: cosign ``SIGNATURE_SPEC.md``; Rekor ``types/hashedrekord``, ``types/dsse``, ``types/intoto``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from regexplore.errors import DocumentError
from regexplore.evidence.public_keys import fingerprint, load_public_key, signs
from regexplore.evidence.reading import at, base64_bytes, text
from regexplore.oci import strict_json

ANNOTATION = "dev.sigstore.cosign/bundle"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry with the log's signature over it.

    Attributes
    ----------
    signature : bytes
        Of the log: the "signed entry timestamp".
    signed_bytes : bytes
        What it is over.
    logged_at : datetime
    log_id : str
        SHA-256 of the log's key, hexadecimal.
    index : int
    body : object
        The entry as plain JSON.
    """

    signature: bytes
    signed_bytes: bytes
    logged_at: datetime
    log_id: str
    index: int
    body: Any


def parse_log_entry(annotation: str) -> LogEntry:
    """Read the annotation.

    Raises
    ------
    DocumentError
        It is no entry, and where it stops being one.
    """
    tree = strict_json.loads(annotation.encode("utf-8", "replace"))
    payload = at(tree, "Payload")
    moment, index, log_id = at(payload, "integratedTime"), at(payload, "logIndex"), text(payload, "logID")
    if not _is_number(moment) or not _is_number(index):
        raise DocumentError("no time or index of a log entry", where="$.Payload")
    try:
        logged_at = datetime.fromtimestamp(moment, UTC)
    except (ValueError, OverflowError, OSError):
        raise DocumentError("no time", where="$.Payload.integratedTime") from None
    body = text_of_any_length(payload, "body")
    signed = {"body": body, "integratedTime": moment, "logID": log_id, "logIndex": index}
    return LogEntry(
        signature=base64_bytes(at(tree, "SignedEntryTimestamp"), "$.SignedEntryTimestamp"),
        signed_bytes=json.dumps(signed, separators=(",", ":"), sort_keys=True).encode(),
        logged_at=logged_at,
        log_id=log_id,
        index=index,
        body=strict_json.loads(base64_bytes(body, "$.Payload.body")),
    )


def log_problem(entry: LogEntry, log_keys: Sequence[str]) -> str | None:
    """Tell why the log's signature does not hold; "" when it does; None when its key is not among those given."""
    for pem in log_keys:
        key = load_public_key(pem)
        if fingerprint(key) == entry.log_id:
            return (
                "" if signs(key, entry.signature, entry.signed_bytes) else "the log's signature does not hold"
            )
    return None


def entry_problem(entry: LogEntry, content: bytes, signature: bytes, key_pems: Sequence[bytes]) -> str:
    """Tell why an entry speaks of something else than this signature; "" when it does not.

    Parameters
    ----------
    entry
    content
        What was signed: the payload of a signature, the payload inside an envelope.
    signature
        Raw.
    key_pems
        The certificate or key that made it, in the forms that the entry may hold it in.
    """
    spec = at(entry.body, "spec")
    kind = text(entry.body, "kind")
    digest = sha256(content).hexdigest()
    if kind == "hashedrekord":
        named = text(spec, "data", "hash", "value")
        signed = text(spec, "signature", "content")
        keys = [text_of_any_length(spec, "signature", "publicKey", "content")]
    elif kind == "dsse":
        named = text(spec, "payloadHash", "value")
        entries = at(spec, "signatures")
        first = entries[0] if isinstance(entries, list) and entries else {}
        signed, keys = text(first, "signature"), [text_of_any_length(first, "verifier")]
    elif kind == "intoto":
        named = text(spec, "content", "payloadHash", "value")
        signed, keys = "", [text_of_any_length(spec, "publicKey")]
    else:
        return f"the log entry is of a kind that is not read: {kind!r}"
    if named != digest:
        return "the log entry is about other content"
    if signed and base64_bytes(signed, "log entry") != signature:
        return "the log entry is about another signature"
    logged = {_bare(base64_bytes(key, "log entry")) for key in keys if key}
    if not logged & {_bare(pem) for pem in key_pems}:
        return "the log entry is about another key or certificate"
    return ""


def text_of_any_length(tree: Any, *path: str) -> str:
    """Give a text that is hashed or compared, so must not be cut."""
    found = at(tree, *path)
    return found if isinstance(found, str) else ""


def _bare(pem: bytes) -> bytes:
    return b"".join(pem.split())


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
