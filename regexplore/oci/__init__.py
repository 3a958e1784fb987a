"""The language of OCI: digests, references, descriptors, platforms, documents. Values only, no I/O."""

from regexplore.oci import media_types
from regexplore.oci.artifact_manifest import ArtifactManifest
from regexplore.oci.descriptor import EMPTY_JSON, Descriptor
from regexplore.oci.digest import Digest
from regexplore.oci.document import Document, UnknownDocument, UnreadableDocument
from regexplore.oci.image_config import HistoryEntry, ImageConfig
from regexplore.oci.index import Index
from regexplore.oci.manifest import Manifest
from regexplore.oci.platform import Platform
from regexplore.oci.reference import Normalized, Reference, normalize, referrers_tag
from regexplore.oci.schema1 import Schema1Manifest

__all__ = [
    "EMPTY_JSON",
    "ArtifactManifest",
    "Descriptor",
    "Digest",
    "Document",
    "HistoryEntry",
    "ImageConfig",
    "Index",
    "Manifest",
    "Normalized",
    "Platform",
    "Reference",
    "Schema1Manifest",
    "UnknownDocument",
    "UnreadableDocument",
    "media_types",
    "normalize",
    "referrers_tag",
]
