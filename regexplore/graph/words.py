"""What to call a node: the family it is drawn as, and its words.

Names follow what documents declare (artifact type, media types, annotations). They say what something
claims to be; nothing is verified here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from regexplore.content.node import (
    ARTIFACT,
    ATTESTS,
    CONTENT_EDGES,
    FAILED,
    MISSING,
    TAG,
    UNKNOWN,
    UNREADABLE,
    Node,
)
from regexplore.content.reference_tags import parse_reference_tag
from regexplore.graph.model import ContentGraph

SIGNATURE = "signature"
SBOM = "sbom"
ATTESTATION = "attestation"
TROUBLE = "missing"

# Beginnings of artifact, config and blob media types, longest word first where one contains another.
_BY_TYPE = (
    ("application/vnd.cncf.notary.signature", SIGNATURE, "Notation signature"),
    ("application/vnd.dev.cosign.simplesigning", SIGNATURE, "cosign signature"),
    ("application/vnd.dev.cosign.artifact.sig", SIGNATURE, "cosign signature"),
    ("application/vnd.dev.cosign.artifact.sbom", SBOM, "SBOM"),
    ("application/vnd.dev.sigstore.bundle", ATTESTATION, "Sigstore bundle"),
    ("application/vnd.dsse.envelope", ATTESTATION, "attestation"),
    ("application/vnd.in-toto", ATTESTATION, "attestation"),
    ("application/spdx", SBOM, "SPDX SBOM"),
    ("text/spdx", SBOM, "SPDX SBOM"),
    ("application/vnd.cyclonedx", SBOM, "CycloneDX SBOM"),
    ("application/vnd.syft", SBOM, "Syft SBOM"),
    ("application/vnd.openvex", ATTESTATION, "VEX"),
    ("application/vnd.csaf", ATTESTATION, "VEX"),
    ("application/sarif", ATTESTATION, "scan report"),
    ("application/vnd.cncf.helm", ARTIFACT, "Helm chart"),
    ("application/vnd.wasm", ARTIFACT, "WebAssembly"),
    ("application/vnd.cncf.model", ARTIFACT, "model"),
    ("application/vnd.docker.ai", ARTIFACT, "model"),
    ("application/vnd.cncf.flux", ARTIFACT, "Flux source"),
    ("application/vnd.cncf.openpolicyagent", ARTIFACT, "policy"),
)
# Predicate types of attestations, by beginning.
_BY_PREDICATE = (
    ("https://slsa.dev/provenance", ATTESTATION, "provenance"),
    ("https://spdx.dev/Document", SBOM, "SPDX SBOM"),
    ("https://cyclonedx.org/bom", SBOM, "CycloneDX SBOM"),
    ("https://openvex.dev", ATTESTATION, "VEX"),
    ("https://cosign.sigstore.dev/attestation/vuln", ATTESTATION, "scan report"),
    ("https://sigstore.dev/cosign/sign", SIGNATURE, "cosign signature"),
)
PREDICATE_ANNOTATIONS = ("dev.sigstore.bundle.predicateType", "in-toto.io/predicate-type", "predicateType")
BUNDLE_CONTENT = "dev.sigstore.bundle.content"
_TITLE = "org.opencontainers.image.title"
_MOST_WORDS = 3
# States in which a node is drawn as trouble, and called so.
_TROUBLE = frozenset({MISSING, FAILED, UNREADABLE})


@dataclass(frozen=True, slots=True)
class Words:
    """How a node is spoken of.

    Attributes
    ----------
    family : str
        How it is drawn: a node kind, or ``signature``, ``sbom``, ``attestation``, ``missing``.
    word : str
        What it is: "image", "SPDX SBOM".
    detail : str
        Which one it is: platform, artifact type, title; "" if there is nothing to say.
    """

    family: str
    word: str
    detail: str = ""


def words_for(graph: ContentGraph, node: Node) -> Words:
    """Find the words for a node of a graph."""
    if node.kind == TAG:
        words = Words(TAG, TAG, _tag_name(node.name))
    elif node.kind == ARTIFACT:
        words = _artifact(graph, node)
    else:
        words = Words(node.kind, node.kind, _detail(node))
    if node.state in _TROUBLE:
        word = node.state if node.kind == UNKNOWN else f"{node.state} {words.word}"
        return Words(TROUBLE, word, words.detail)
    return words


def short(digest: str) -> str:
    """Return the first twelve hex digits of a digest."""
    return digest.partition(":")[2][:12]


def short_type(media_type: str) -> str:
    """Return a media type without what all of them have in common."""
    bare = media_type.removeprefix("application/").removeprefix("vnd.")
    for suffix in ("+json", "+gzip", "+zstd"):
        bare = bare.removesuffix(suffix)
    return bare


def _tag_name(name: str) -> str:
    """Return a tag, the digest in a cosign or tag-schema tag shortened."""
    said = parse_reference_tag(name)
    if said is None:
        return name
    suffix = f".{said.suffix}" if said.suffix else ""
    return f"{said.about.algorithm}-{said.about.encoded[:7]}…{suffix}"


def _artifact(graph: ContentGraph, node: Node) -> Words:
    detail = _detail(node) or _attested_platform(graph, node)
    contents = [graph.nodes[edge.target] for edge in graph.outgoing(node.id) if edge.kind in CONTENT_EDGES]
    if node.annotations.get(BUNDLE_CONTENT) == "message-signature":
        return Words(SIGNATURE, "signature", detail)
    predicates = [
        said.get(key, "")
        for said in (node.annotations, *(child.annotations for child in contents))
        for key in PREDICATE_ANNOTATIONS
    ]
    types = [node.artifact_type, *(child.media_type for child in contents)]
    found = _all(_BY_PREDICATE, predicates) or _all(_BY_TYPE, types)[:1]
    if not found:
        return Words(ARTIFACT, ARTIFACT, detail or short_type(node.artifact_type))
    # One manifest may carry several statements, as BuildKit's do.
    families = {family for family, _ in found}
    family = families.pop() if len(families) == 1 else ATTESTATION
    return Words(family, " + ".join(word for _, word in found[:_MOST_WORDS]), detail)


def _attested_platform(graph: ContentGraph, node: Node) -> str:
    about = [graph.nodes[edge.target] for edge in graph.outgoing(node.id) if edge.kind == ATTESTS]
    return f"for {about[0].platform}" if about and about[0].platform else ""


def _all(table: tuple[tuple[str, str, str], ...], texts: Iterable[str]) -> list[tuple[str, str]]:
    """Return the family and word of each text that begins like a row of the table, none of them twice."""
    found = (
        (family, word) for text in texts for beginning, family, word in table if text.startswith(beginning)
    )
    return list(dict.fromkeys(found))


def _detail(node: Node) -> str:
    if node.platform is not None:
        return str(node.platform)
    return node.annotations.get(_TITLE, "")
