"""What an artifact is: charts, modules, models, caches and the rest, told by config, artifact and layer types.

Source: image-spec v1.1 ``manifest.md`` on artifact types; each format's own specification.
"""

from __future__ import annotations

from regexplore.oci import ArtifactManifest, Descriptor, Document, Index, Manifest, media_types

IMAGE = "image"
INDEX = "index"
UNKNOWN = "unknown"

# By artifact type or config type, longest first where one begins like another.
BY_TYPE = (
    ("application/vnd.dev.cosign.artifact.", "cosign artifact"),
    ("application/vnd.dev.sigstore.bundle", "sigstore bundle"),
    ("application/vnd.cncf.notary.signature", "notation signature"),
    ("application/vnd.docker.attestation.manifest.", "BuildKit attestation"),
    ("application/vnd.cncf.helm.config.", "Helm chart"),
    ("application/vnd.wasm.config.", "WASM module"),
    ("application/vnd.cncf.flux.config.", "Flux source"),
    ("application/vnd.timoni.config.", "Timoni module"),
    ("application/vnd.cncf.model.", "model pack"),
    ("application/vnd.docker.ai.model.config.", "Docker model"),
    ("application/vnd.buildkit.cacheconfig.", "build cache"),
    ("application/vnd.amazon.soci.index.", "SOCI index"),
    ("application/vnd.nydus.image.manifest.", "Nydus image"),
    ("application/spdx", "SPDX SBOM"),
    ("text/spdx", "SPDX SBOM"),
    ("application/vnd.cyclonedx", "CycloneDX SBOM"),
    ("application/vnd.syft", "syft SBOM"),
    ("application/vnd.openvex", "OpenVEX"),
    ("application/vnd.in-toto", "in-toto attestation"),
    ("application/vnd.dsse.envelope.", "DSSE envelope"),
    ("application/sarif", "SARIF"),
    ("application/vnd.goharbor.harbor.sbom.", "Harbor SBOM"),
    ("application/vnd.security.vulnerability.report", "vulnerability report"),
)
BUILD_CACHE_CONFIG = "application/vnd.buildkit.cacheconfig.v0"
HELM_PROVENANCE = "application/vnd.cncf.helm.chart.provenance.v1.prov"
NYDUS_PREFIX = "containerd.io/snapshot/nydus-"
WASM_VARIANT = "module.wasm.image/variant"

SOFTWARE = frozenset(
    {
        IMAGE,
        "WASM image",
        "WASM module",
        "Helm chart",
        "Flux source",
        "Timoni module",
        "model pack",
        "Docker model",
        "build cache",
        "SOCI index",
        "Nydus image",
    }
)
"""Formats whose layers are what is run or deployed: they say nothing of anything else."""


def artifact_format(document: Document) -> str:
    """Give the name of the format that a manifest or index is of; ``unknown`` stays visible as that."""
    if isinstance(document, Index):
        return _of_index(document)
    for said in (document.artifact_type, _config_type(document)):
        for prefix, name in BY_TYPE:
            if said.startswith(prefix):
                return name
    if any(key.startswith(NYDUS_PREFIX) for layer in blobs_of(document) for key in layer.annotations or {}):
        return "Nydus image"
    if document.kind == "image":
        return "WASM image" if WASM_VARIANT in document.annotations else IMAGE
    return _of_layers(document)


def is_software(document: Document) -> bool:
    """Whether a manifest is something to run or deploy, not something that speaks of it."""
    return artifact_format(document) in SOFTWARE


def blobs_of(document: Document) -> tuple[Descriptor, ...]:
    """Give the layers of a manifest or the blobs of an artifact manifest."""
    if isinstance(document, Manifest):
        return document.layers
    return document.blobs if isinstance(document, ArtifactManifest) else ()


def _of_index(index: Index) -> str:
    if any(child.media_type == BUILD_CACHE_CONFIG for child in index.manifests):
        return "build cache"
    for prefix, name in BY_TYPE:
        if index.artifact_type.startswith(prefix):
            return name
    return INDEX


def _of_layers(document: Document) -> str:
    for layer in blobs_of(document):
        for prefix, name in BY_TYPE:
            if layer.media_type.startswith(prefix):
                return name
    return UNKNOWN


def _config_type(document: Document) -> str:
    config = document.config.media_type if isinstance(document, Manifest) else ""
    return "" if config == media_types.OCI_EMPTY else config
