"""The language of OCI: digests, references, descriptors, platforms, documents. Values only, no I/O."""

from regexplore.oci import media_types
from regexplore.oci.descriptor import EMPTY_JSON, Descriptor
from regexplore.oci.digest import Digest
from regexplore.oci.platform import Platform

__all__ = ["EMPTY_JSON", "Descriptor", "Digest", "Platform", "media_types"]
