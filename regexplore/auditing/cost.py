"""What an audit would cost, estimated from manifests: said before it is spent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from regexplore.auditing.gather import CONFIG, FILES, MANIFEST
from regexplore.frames.facts import is_attestation
from regexplore.oci import ArtifactManifest, Descriptor, Digest, Document, Index, Manifest
from regexplore.oci.media_types import is_manifest
from regexplore.show import text as words
from regexplore.show import value as values
from regexplore.show.card import Card, Facts
from regexplore.show.shown import Shown

EVIDENCE_REQUESTS = 3
"""For one piece of evidence: its manifest, its body, and the question what refers to it."""


@dataclass(frozen=True, slots=True, repr=False, eq=True)
class AuditCost(Shown):
    """An estimate.

    Attributes
    ----------
    source : str
    depth : str
    references : int
        Tags or digests to look at.
    manifests : int
        Distinct manifests, platforms of indexes included, as far as they are known.
    requests : int
        At least so many, beside those that the estimate took. Each piece of evidence costs `EVIDENCE_REQUESTS` more;
        how many there are is not known before.
    bytes : int
        Of configs and, for ``files``, of layers, each digest once. Evidence comes on top.
    unknown : int
        Manifests of indexes that were not read: what they hold is not in the estimate.
    """

    source: str
    depth: str
    references: int
    manifests: int
    requests: int
    bytes: int
    unknown: int

    def _card(self) -> Card:
        return Card(
            "audit",
            self.source,
            (f"at least {words.count(self.requests, 'request')}, {words.human_bytes(self.bytes)}",),
            facts=Facts(
                (
                    ("depth", values.value(self.depth)),
                    ("references", values.value(self.references)),
                    ("manifests", values.value(self.manifests)),
                    ("bytes", values.size(self.bytes, exact=True)),
                    (
                        "evidence",
                        values.value(
                            f"{EVIDENCE_REQUESTS} requests more for each piece; how many is not known"
                        ),
                    ),
                    (
                        "not read yet",
                        values.value(f"{self.unknown} manifests of indexes: their layers come on top"),
                    ),
                )
            ),
        )


def estimate(source: str, references: int, documents: Iterable[Document], depth: str) -> AuditCost:
    """Estimate the cost of an audit from the manifests that its references name.

    Parameters
    ----------
    source
        What is to be audited.
    references
        How many tags or digests.
    documents
        What they name, each once.
    depth
        ``manifest``, ``config`` or ``files``.
    """
    roots = {document.descriptor.digest: document for document in documents}
    children: dict[Digest, Descriptor] = {}
    parts: dict[Digest, int] = {}
    configs: set[Digest] = set()
    for document in roots.values():
        if isinstance(document, Index):
            listed = (
                one for one in document.manifests if is_manifest(one.media_type) and not is_attestation(one)
            )
            children.update((one.digest, one) for one in listed if one.digest not in roots)
        if isinstance(document, Manifest) and depth != MANIFEST:
            configs.add(document.config.digest)
            parts[document.config.digest] = document.config.size
        if depth == FILES and isinstance(document, Manifest | ArtifactManifest):
            layers = document.layers if isinstance(document, Manifest) else document.blobs
            parts.update((layer.digest, layer.size) for layer in layers)
    manifests = len(roots) + len(children)
    requests = len(children)
    if depth in (CONFIG, FILES):
        # A config and the referrers of each; a child's config is counted, though only its manifest will name it.
        requests += len(configs) + len(children) + manifests
    if depth == FILES:
        requests += len(parts) - len(configs)
    return AuditCost(
        source,
        depth,
        references,
        manifests,
        requests,
        sum(parts.values()) + sum(one.size for one in children.values()),
        len(children),
    )
