"""Nodes and edges: what a walk finds, and what graphs are made of.

An edge points the way the document does: from a manifest to its layers, from a signature to its subject,
from a tag to its target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from regexplore.oci import Descriptor, Platform

TAG = "tag"
INDEX = "index"
IMAGE = "image"
ARTIFACT = "artifact"
CONFIG = "config"
LAYER = "layer"
BLOB = "blob"
UNKNOWN = "unknown"
NODE_KINDS = (TAG, INDEX, IMAGE, ARTIFACT, CONFIG, LAYER, BLOB, UNKNOWN)
BYTES = frozenset({CONFIG, LAYER, BLOB})
"""Kinds whose bytes a walk never fetches."""

CHILD = "child"
SUBJECT = "subject"
TAG_SCHEMA = "tag-schema"
COSIGN = "cosign"
ATTESTS = "attests"
EDGE_KINDS = (TAG, CHILD, CONFIG, LAYER, BLOB, SUBJECT, TAG_SCHEMA, COSIGN, ATTESTS)
"""What an edge means.

``tag``
    a tag names its target
``child``, ``config``, ``layer``, ``blob``
    a document contains its target
``subject``
    a manifest says that it is about its target
``tag-schema``
    the tag of an index says so: the referrers tag schema of the distribution-spec, ``sha256-<hex>``
``cosign``
    the tag of a manifest says so: cosign's ``sha256-<hex>.sig``, ``.att`` and ``.sbom``
``attests``
    an annotation in the index says so: BuildKit's attestation manifests
"""
CONTENT_EDGES = frozenset({CHILD, CONFIG, LAYER, BLOB})
ABOUT_EDGES = frozenset({SUBJECT, TAG_SCHEMA, COSIGN, ATTESTS})

READ = "read"
NAMED = "named"
MISSING = "missing"
FAILED = "failed"
UNREADABLE = "unreadable"
STATES = (READ, NAMED, MISSING, FAILED, UNREADABLE)
"""What is known of a node.

``read``
    its document was fetched, verified and understood; a tag was resolved
``named``
    another document names it; it was not fetched, and may or may not be there
``missing``
    the store says that it is not there
``failed``
    asking for it ended in another error
``unreadable``
    the bytes are there and verified, but could not be read safely
"""

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A tag, a document or a blob.

    Attributes
    ----------
    id : str
        The digest; for a tag its full name.
    kind : str
        One of `NODE_KINDS`.
    state : str
        One of `STATES`.
    error : str
        Why it is missing, failed or unreadable.
    name : str
        The tag; "" for content.
    descriptor : Descriptor or None
        None for tags, and for digests of which nothing else is known.
    artifact_type : str
    platform : Platform or None
        As the index that lists it says.
    annotations : mapping of str to str
        Of the document where it was read, else of the descriptor.
    """

    id: str
    kind: str = UNKNOWN
    state: str = NAMED
    error: str = ""
    name: str = ""
    descriptor: Descriptor | None = None
    artifact_type: str = ""
    platform: Platform | None = None
    annotations: Mapping[str, str] = field(default_factory=lambda: _NOTHING, hash=False)

    @property
    def digest(self) -> str:
        """The digest; "" for a tag."""
        return "" if self.kind == TAG else self.id

    @property
    def media_type(self) -> str:
        """The media type; "" if it is not known."""
        return self.descriptor.media_type if self.descriptor else ""

    @property
    def size(self) -> int | None:
        """The size in bytes; None if it is not known."""
        return self.descriptor.size if self.descriptor else None


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """One node says something of another.

    Attributes
    ----------
    source, target : str
        Ids of nodes.
    kind : str
        One of `EDGE_KINDS`.
    position : int
        Which one of its kind in the source document, from 0.
    """

    source: str
    target: str
    kind: str
    position: int = 0
