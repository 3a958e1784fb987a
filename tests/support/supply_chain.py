"""A whole supply chain in a `MemoryStore`: for graphs of any size, with every kind of node and edge in it."""

from __future__ import annotations

import json
import random

from regexplore.content.memory import MemoryStore
from regexplore.oci import EMPTY_JSON, Descriptor, media_types

PLATFORMS = ("linux/amd64", "linux/arm64", "linux/arm/v7", "linux/s390x", "windows/amd64")
SPDX = "application/spdx+json"
COSIGN_LAYER = "application/vnd.dev.cosign.simplesigning.v1+json"
NOTATION = "application/vnd.cncf.notary.signature"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
IN_TOTO = "application/vnd.in-toto+json"


class SupplyChain:
    """Builds content step by step; sizes of layers are real bytes, kept small."""

    def __init__(self, seed: int = 7) -> None:
        self.store = MemoryStore()
        self._random = random.Random(seed)
        self.store.add(media_types.OCI_EMPTY, b"{}")

    def layer(self, size: int = 0) -> Descriptor:
        return self.store.add(
            media_types.OCI_LAYER_GZIP, self._random.randbytes(size or self._random.randint(500, 90_000))
        )

    def image(self, platform: str, layers: list[Descriptor], **annotations: str) -> Descriptor:
        os, architecture, *variant = platform.split("/")
        config = {"os": os, "architecture": architecture, "n": self._random.random()}
        if variant:
            config["variant"] = variant[0]
        described = self.store.add(media_types.OCI_CONFIG, json.dumps(config).encode())
        fields = {"config": described.to_json(), "layers": [layer.to_json() for layer in layers]}
        return self.store.add_document(
            media_types.OCI_MANIFEST, fields | ({"annotations": annotations} if annotations else {})
        )

    def index(self, children: dict[str, Descriptor], attested: bool = False) -> Descriptor:
        entries = []
        for platform, child in children.items():
            os, architecture, *variant = platform.split("/")
            entry = {"os": os, "architecture": architecture} | ({"variant": variant[0]} if variant else {})
            entries.append(child.to_json() | {"platform": entry})
        for child in children.values() if attested else ():
            statement = self.artifact("", [(IN_TOTO, json.dumps({"predicate": str(child.digest)}).encode())])
            entries.append(
                statement.to_json()
                | {
                    "platform": {"os": "unknown", "architecture": "unknown"},
                    "annotations": {
                        "vnd.docker.reference.type": "attestation-manifest",
                        "vnd.docker.reference.digest": str(child.digest),
                    },
                }
            )
        return self.store.add_document(media_types.OCI_INDEX, {"manifests": entries})

    def artifact(
        self,
        artifact_type: str,
        blobs: list[tuple[str, bytes]],
        subject: Descriptor | None = None,
        config: Descriptor = EMPTY_JSON,
        **annotations: str,
    ) -> Descriptor:
        fields: dict[str, object] = {
            "config": config.plain().to_json(),
            "layers": [self.store.add(media_type, content).to_json() for media_type, content in blobs],
        }
        if artifact_type:
            fields["artifactType"] = artifact_type
        if subject:
            fields["subject"] = subject.plain().to_json()
        if annotations:
            fields["annotations"] = annotations
        return self.store.add_document(media_types.OCI_MANIFEST, fields)

    def sbom(self, subject: Descriptor) -> Descriptor:
        return self.artifact(SPDX, [(SPDX, self._random.randbytes(4_000))], subject)

    def signature(self, subject: Descriptor, artifact_type: str = NOTATION) -> Descriptor:
        return self.artifact(artifact_type, [("application/jose+json", self._random.randbytes(700))], subject)

    def cosign(self, subject: Descriptor) -> Descriptor:
        """A signature found by its tag alone."""
        signature = self.artifact(
            "",
            [(COSIGN_LAYER, self._random.randbytes(240))],
            config=self.store.add(media_types.OCI_CONFIG, b'{"os":"","architecture":"","n":1}'),
        )
        self.store.tag(signature, f"{subject.digest.replace(':', '-')}.sig")
        return signature

    def chart(self, name: str) -> Descriptor:
        config = self.store.add(
            "application/vnd.cncf.helm.config.v1+json", json.dumps({"name": name}).encode()
        )
        return self.artifact(
            "",
            [("application/vnd.cncf.helm.chart.content.v1.tar+gzip", self._random.randbytes(9_000))],
            config=config,
        )

    def release(
        self,
        tag: str,
        base: list[Descriptor],
        platforms: tuple[str, ...],
        evidence: bool = True,
        layers: int = 2,
    ) -> Descriptor:
        """A tagged index of images that share base layers, with evidence on it."""
        images = {
            p: self.image(p, [base[n % len(base)], *(self.layer() for _ in range(layers))])
            for n, p in enumerate(platforms)
        }
        index = self.index(images, attested=evidence)
        self.store.tag(index, tag)
        if evidence:
            for image in images.values():
                self.sbom(image)
            self.signature(self.sbom(index))
            self.signature(index)
        return index


def small() -> MemoryStore:
    """About ten nodes: one tag, one image, an SBOM and its signature."""
    chain = SupplyChain()
    image = chain.image("linux/amd64", [chain.layer() for _ in range(3)])
    chain.store.tag(image, "v1.0")
    chain.signature(chain.sbom(image))
    return chain.store


def demo() -> MemoryStore:
    """About sixty nodes: two multi-platform releases that share layers, evidence of every channel, a chart."""
    chain = SupplyChain()
    base = [chain.layer(300_000), chain.layer(280_000)]
    first = chain.release("v1.1", base, PLATFORMS[:2], evidence=False)
    second = chain.release("v1.2", base, PLATFORMS[:2])
    chain.store.tag(second, "latest")
    chain.cosign(first)
    chain.artifact(
        BUNDLE,
        [(BUNDLE, b'{"bundle":1}')],
        second,
        **{"dev.sigstore.bundle.predicateType": "https://slsa.dev/provenance/v1"},
    )
    chain.store.tag(chain.chart("app"), "chart-0.3.0")
    ghost = Descriptor(media_types.OCI_MANIFEST, Descriptor.from_bytes("", b"gone").digest, 1234)
    chain.signature(ghost)
    return chain.store


def large(tags: int) -> MemoryStore:
    """A repository with many releases over a small pool of base layers."""
    chain = SupplyChain()
    base = [chain.layer() for _ in range(4)]
    for n in range(tags):
        chain.release(f"v{n // 10}.{n % 10}", base, PLATFORMS[:2], evidence=n % 3 == 0)
    return chain.store
