"""Simple signing: the payload that cosign signs. It names a digest; the name of the image in it means nothing.

Source: cosign ``specs/SIGNATURE_SPEC.md``; containers/image "simple signing".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regexplore.errors import DocumentError
from regexplore.evidence.reading import at, text
from regexplore.oci import Digest, strict_json
from regexplore.oci.digest import is_digest

MEDIA_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json"
TYPES = ("cosign container image signature", "atomic container signature")


@dataclass(frozen=True, slots=True)
class SimpleSigning:
    """What was signed.

    Attributes
    ----------
    digest : Digest
        Of the manifest.
    reference : str
        The name it had for the signer; nothing is to rest on it.
    optional : mapping
        What the signer added: annotations, a time.
    """

    digest: Digest
    reference: str
    optional: Mapping[str, Any]


def parse_simple_signing(raw: bytes) -> SimpleSigning:
    """Read a payload.

    Raises
    ------
    DocumentError
        It is none, and where it stops being one.
    """
    tree = strict_json.loads(raw)
    if text(tree, "critical", "type") not in TYPES:
        raise DocumentError("not the type of a simple signing payload", where="$.critical.type")
    digest = text(tree, "critical", "image", "docker-manifest-digest")
    if not is_digest(digest):
        raise DocumentError("no digest", where="$.critical.image.docker-manifest-digest")
    optional = at(tree, "optional")
    return SimpleSigning(
        Digest(digest),
        text(tree, "critical", "identity", "docker-reference"),
        optional if isinstance(optional, Mapping) else {},
    )
