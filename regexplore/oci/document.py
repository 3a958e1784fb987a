"""A document: bytes that were asked for by descriptor, and a typed view beside them.

The bytes are what is hashed, pushed, saved and shown; the view never turns back into bytes.
Each kind of document is a subclass in a module of its own and says which media types it reads.

Source: image-spec v1.1; CVE-2021-41190 (documents that two readers understand differently).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

from regexplore.errors import DocumentError, MismatchedDigestError, RegexploreError
from regexplore.oci import media_types, strict_json
from regexplore.oci.descriptor import Descriptor
from regexplore.oci.excerpt import excerpt

# Lists that only one kind of document has: a document with two of them means different things to
# different readers.
_BODIES = {
    "manifests": "index",
    "layers": "image manifest",
    "blobs": "artifact manifest",
    "fsLayers": "schema 1 manifest",
}
_FIELDS = (*_BODIES, "config", "subject", "mediaType", "artifactType", "schemaVersion", "annotations")
_FIELD_BY_LOWER = {name.lower(): name for name in _FIELDS}

_EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Document:
    """A manifest, index or config: exactly the bytes, and what they say.

    Attributes
    ----------
    raw : bytes
        Exactly what was hashed.
    descriptor : Descriptor
        What the bytes were asked for by; its digest is that of `raw`.
    media_type : str
        How the bytes were read.
    problems : tuple of str
        Why another reader might see something else; empty for most documents.
    annotations : mapping of str to str
    subject : Descriptor or None
        What this document refers to.
    artifact_type : str
        By the rule of the referrers API: the document's own, else the config's media type; "" if neither.

    Examples
    --------
    >>> raw = b'{"schemaVersion": 2, "manifests": []}'
    >>> index = Document.examine(raw, Descriptor.from_bytes(media_types.OCI_INDEX, raw))
    >>> index.kind, index.raw == raw
    ('index', True)
    """

    raw: bytes
    descriptor: Descriptor
    media_type: str
    problems: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    subject: Descriptor | None = None
    artifact_type: str = ""

    _readers: ClassVar[dict[str, type[Document]]] = {}
    reads: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        Document._readers.update(dict.fromkeys(cls.reads, cls))

    @property
    def kind(self) -> str:
        """``index``, ``image``, ``artifact``, ``config``, ``unknown`` or ``unreadable``."""
        return "unknown"

    def json(self) -> Any:
        """Return the document as plain objects, unknown fields included; fresh on each call."""
        return strict_json.loads(self.raw)

    def successors(self) -> tuple[Descriptor, ...]:
        """What this document points at, subject first (Go ``content.Successors``)."""
        return ()

    @classmethod
    def parse(cls, raw: bytes, descriptor: Descriptor) -> Document:
        """Read bytes as what their descriptor says they are.

        Parameters
        ----------
        raw : bytes
        descriptor : Descriptor
            Its digest must be that of the bytes. A generic media type (``application/json``,
            ``text/plain``, octet-stream) leaves it to the document to say what it is.

        Returns
        -------
        Document
            `Index`, `Manifest`, `ArtifactManifest`, `ImageConfig`, `Schema1Manifest`, or
            `UnknownDocument` for a media type that is none of these.

        Raises
        ------
        MismatchedDigestError
            The bytes are not those of the descriptor.
        DocumentError
            The bytes cannot be read safely; says where and why.
        """
        media_type = descriptor.media_type
        if media_type in _GENERIC:
            media_type = _said_by_body(raw) or media_type
        reader = cls._readers.get(media_type)
        if reader is None:
            _check_digest(raw, descriptor)
            return UnknownDocument(raw=raw, descriptor=descriptor, media_type=media_type)
        _check_digest(raw, descriptor, reader)
        tree = strict_json.loads(raw)
        problems = [*_check_shape(tree, media_type), *_size_problem(raw, descriptor)]
        return reader._read(tree, raw=raw, descriptor=descriptor, media_type=media_type, problems=problems)

    @classmethod
    def examine(cls, raw: bytes, descriptor: Descriptor) -> Document:
        """Read bytes like `parse`, but never refuse: what cannot be read is an `UnreadableDocument`."""
        try:
            return cls.parse(raw, descriptor)
        except RegexploreError as error:
            return UnreadableDocument(
                raw=raw, descriptor=descriptor, media_type=descriptor.media_type, reason=str(error)
            )

    @classmethod
    def hashed(cls, raw: bytes) -> bytes:
        """Return the part of the bytes that the digest is taken of; all of them but for signed schema 1."""
        return raw

    @classmethod
    def _read(
        cls, tree: Any, *, raw: bytes, descriptor: Descriptor, media_type: str, problems: list[str]
    ) -> Document:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Document) and (self.media_type, self.descriptor.digest) == (
            other.media_type,
            other.descriptor.digest,
        )

    def __hash__(self) -> int:
        return hash((self.media_type, self.descriptor.digest))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.descriptor.digest} {len(self.raw)} bytes>"


class UnknownDocument(Document):
    """A document of a media type that has no typed view; its bytes are checked and kept.

    Examples
    --------
    >>> Document.examine(b"{}", Descriptor.from_bytes("application/vnd.example+json", b"{}")).kind
    'unknown'
    """


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class UnreadableDocument(Document):
    """Bytes that could not be read as what they should be.

    Attributes
    ----------
    reason : str
        What was refused, and where.

    Examples
    --------
    >>> broken = Document.examine(b"{", Descriptor.from_bytes("application/vnd.oci.image.index.v1+json", b"{"))
    >>> broken.kind, bool(broken.reason)
    ('unreadable', True)
    """

    reason: str = ""

    @property
    def kind(self) -> str:
        """Always ``unreadable``."""
        return "unreadable"


_GENERIC = frozenset({"application/json", "text/plain", "text/json", media_types.OCTET_STREAM, ""})


def _said_by_body(raw: bytes) -> str | None:
    """Media type of a document that came under a generic one: its own word, else its shape."""
    try:
        tree = strict_json.loads(raw)
    except DocumentError:
        return None
    if not isinstance(tree, dict):
        return None
    said = tree.get("mediaType")
    if isinstance(said, str):
        return said
    if tree.get("schemaVersion") == 1 and "fsLayers" in tree:
        return media_types.DOCKER_SCHEMA1_SIGNED if "signatures" in tree else media_types.DOCKER_SCHEMA1
    if isinstance(tree.get("manifests"), list):
        return media_types.OCI_INDEX
    config = tree.get("config")
    if isinstance(config, dict) and "layers" in tree:
        of_docker = config.get("mediaType") == media_types.DOCKER_CONFIG
        return media_types.DOCKER_MANIFEST if of_docker else media_types.OCI_MANIFEST
    return None


def hashed_part(raw: bytes, media_type: str) -> bytes:
    """Return the part of a document that its digest is taken of: all of it but for signed schema 1.

    Raises
    ------
    DocumentError
        A signed schema 1 manifest whose signatures cannot be cut off.
    """
    return Document._readers.get(media_type, Document).hashed(raw)


def _check_digest(raw: bytes, descriptor: Descriptor, reader: type[Document] = Document) -> None:
    if not descriptor.digest.matches(raw) and not descriptor.digest.matches(reader.hashed(raw)):
        raise MismatchedDigestError(f"the bytes are not those of {descriptor.digest}")


def _check_shape(tree: Any, media_type: str) -> list[str]:
    """Refuse documents that contradict themselves; report what is merely odd."""
    if not isinstance(tree, dict):
        raise DocumentError(f"expected an object, got {type(tree).__name__}")
    if not media_types.is_manifest(media_type):
        return []
    said = tree.get("mediaType")
    if isinstance(said, str) and said != media_type:
        raise DocumentError(
            f"mediaType says {excerpt(said)}, served as {excerpt(media_type)}", where="$.mediaType"
        )
    bodies = [name for name in _BODIES if name in tree]
    if len(bodies) > 1:
        what = " and ".join(_BODIES[name] for name in bodies)
        raise DocumentError(f"is {what} at once: {' beside '.join(bodies)}", where=f"$.{bodies[1]}")
    if bodies == ["manifests"] and "config" in tree:
        raise DocumentError("is index and image manifest at once: config beside manifests", where="$.config")
    if bodies and bodies[0] != _body_of(media_type):
        raise DocumentError(
            f"is {_BODIES[bodies[0]]}, served as {excerpt(media_type)}", where=f"$.{bodies[0]}"
        )
    problems = []
    if said is None and not media_types.is_schema1(media_type):
        problems.append("mediaType is missing: readers must guess from the Content-Type")
    return problems + _odd_keys(tree)


def _body_of(media_type: str) -> str:
    """Give the list that documents of a media type hold."""
    if media_types.is_index(media_type):
        return "manifests"
    if media_types.is_schema1(media_type):
        return "fsLayers"
    return "blobs" if media_type == media_types.OCI_ARTIFACT_MANIFEST else "layers"


def _odd_keys(tree: dict[str, Any]) -> list[str]:
    """Keys that Go programs read (they ignore case) and others do not."""
    return [
        f"key {excerpt(key)} is {_FIELD_BY_LOWER[key.lower()]} but for case: some readers take it, some not"
        for key in tree
        if key.lower() in _FIELD_BY_LOWER and key != _FIELD_BY_LOWER[key.lower()]
    ] + [f"{name} is null" for name in _BODIES if name in tree and tree[name] is None]


def _size_problem(raw: bytes, descriptor: Descriptor) -> list[str]:
    if descriptor.size == len(raw):
        return []
    return [f"the descriptor says {descriptor.size} bytes, the content has {len(raw)}"]
