"""Docker's schema 1 manifests: read only, for registries that still hold them.

A signed one is hashed without its signatures, so the digest covers `Schema1Manifest.hashed` of the bytes.

Source: Docker image manifest version 2, schema 1; libtrust's JSON web signatures.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from regexplore.errors import DocumentError, InvalidDigestError
from regexplore.oci import media_types, strict_json, wire
from regexplore.oci.descriptor import Descriptor
from regexplore.oci.digest import Digest
from regexplore.oci.document import Document
from regexplore.oci.platform import Platform

_PROTECTED = "$.signatures[0].protected"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Schema1Manifest(Document):
    """A schema 1 manifest.

    Attributes
    ----------
    name, tag : str
        What the manifest says it is called.
    platform : Platform
    layers : tuple of Digest
        Digests of the layers, base first (the document lists them the other way round). Sizes are not known.

    Examples
    --------
    >>> raw = b'{"schemaVersion": 1, "name": "app", "tag": "v1", "fsLayers": [], "history": []}'
    >>> Document.examine(raw, Descriptor.from_bytes(media_types.DOCKER_SCHEMA1, raw)).name
    'app'
    """

    reads = (media_types.DOCKER_SCHEMA1, media_types.DOCKER_SCHEMA1_SIGNED)

    name: str = ""
    tag: str = ""
    platform: Platform
    layers: tuple[Digest, ...] = ()

    @property
    def kind(self) -> str:
        """Always ``image``."""
        return "image"

    @classmethod
    def hashed(cls, raw: bytes) -> bytes:
        """Return the bytes without their signatures; all of them if there are none.

        Raises
        ------
        DocumentError
            A signature does not say what was signed, or it says something else than the document.
        """
        tree = strict_json.loads(raw)
        signatures = _signatures(tree) if isinstance(tree, dict) else []
        if not signatures:
            return raw
        payload = _payload(raw, signatures[0])
        # The signature says itself what was signed: only what the document says as well may vouch for it.
        if strict_json.loads(payload) != {key: value for key, value in tree.items() if key != "signatures"}:
            raise DocumentError("what was signed is another document", where=_PROTECTED)
        return payload

    @classmethod
    def _read(
        cls, tree: Any, *, raw: bytes, descriptor: Descriptor, media_type: str, problems: list[str]
    ) -> Schema1Manifest:
        seen = wire.read(tree, wire.WireSchema1)
        _signatures(tree)
        if seen.schema_version != 1:
            raise DocumentError(f"schemaVersion is {seen.schema_version}, not 1", where="$.schemaVersion")
        return cls(
            raw=raw,
            descriptor=descriptor,
            media_type=media_type,
            problems=(*problems, "schema 1: obsolete, its signatures are not verified"),
            name=seen.name,
            tag=seen.tag,
            platform=Platform("linux", seen.architecture),
            layers=tuple(
                _blob_sum(layer.blob_sum, f"$.fsLayers[{n}].blobSum")
                for n, layer in reversed(list(enumerate(seen.fs_layers or ())))
            ),
        )


def _signatures(tree: dict[str, Any]) -> list[Any]:
    """What a document is signed with: nothing, or a list; another value leaves open which bytes were signed."""
    signatures = tree.get("signatures")
    if signatures is not None and not isinstance(signatures, list):
        raise DocumentError(f"expected a list, got {type(signatures).__name__}", where="$.signatures")
    return signatures or []


def _payload(raw: bytes, signature: Any) -> bytes:
    """Cut a signed document back to what was signed: its first bytes, and a tail that the signature names."""
    try:
        protected = json.loads(_base64url(signature["protected"]))
        length, tail = protected["formatLength"], _base64url(protected["formatTail"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise DocumentError("signature has no readable formatLength", where=_PROTECTED) from None
    if type(length) is not int or not 0 <= length <= len(raw):
        raise DocumentError("formatLength is outside the document", where=_PROTECTED)
    return raw[:length] + tail


def _base64url(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def _blob_sum(text: str, where: str) -> Digest:
    try:
        return Digest(text)
    except InvalidDigestError as error:
        raise DocumentError(error.message, where=where) from None
