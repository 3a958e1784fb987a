"""The repositories of the demo, each put together from its parts."""

from __future__ import annotations

from regexplore.oci import Descriptor, Document, Index
from regexplore.sandbox.demo import artifacts, evidence
from regexplore.sandbox.demo.content import (
    AMD64,
    PLATFORMS,
    application_layer,
    base_layer,
    dependencies_layer,
    python_layer,
    wasteful_layers,
)
from regexplore.sandbox.demo.images import BASE_DIGEST, BASE_NAME, Build, push_image
from regexplore.sandbox.demo.keys import BUILDER, RELEASE
from regexplore.sandbox.demo.packages import APPLICATION, BASE, OPENSSL_FIXED, PYTHON
from regexplore.sandbox.demo.shelf import CREATED, Shelf
from regexplore.sandbox.stores import RegistryStore

_TITLE = "org.opencontainers.image.title"
_VERSION = "org.opencontainers.image.version"
_SOURCE = "org.opencontainers.image.source"
_PACKAGES = (*BASE, *PYTHON, *APPLICATION)

RELEASES = {"v1.0": "2025-06-01T09:00:00Z", "v1.1": "2025-10-01T09:00:00Z", "v1.2": "2026-02-01T09:00:00Z"}


def load_base(store: RegistryStore) -> Descriptor:
    """Put the base image; return the index that demo/app was built on, which the tag no longer names."""
    shelf = Shelf(store, "demo/base")
    fixed = tuple(OPENSSL_FIXED if package.name == "openssl" else package for package in BASE)
    run: dict[str, object] = {"Cmd": ["/usr/bin/bash"], "Env": ["PATH=/usr/bin"]}
    old = shelf.index(
        [push_image(shelf, p, Build([base_layer(p)], "2025-05-01T00:00:00Z", run)) for p in PLATFORMS],
        annotations={CREATED: "2025-05-01T00:00:00Z", _TITLE: "base"},
        tags=["12", "12.0"],
    )
    shelf.index(
        [push_image(shelf, p, Build([base_layer(p, fixed)], "2026-01-10T00:00:00Z", run)) for p in PLATFORMS],
        annotations={CREATED: "2026-01-10T00:00:00Z", _TITLE: "base"},
        tags=["12", "12.1", "latest"],
    )
    return old


def load_app(store: RegistryStore, base: Descriptor) -> None:
    """Put the application: three releases, and all the evidence for the last one."""
    shelf = Shelf(store, "demo/app")
    for version, created in RELEASES.items():
        last = version == "v1.2"
        index = _app_release(
            shelf, version, created, base, attested=last, tags=[version, *(["latest"] if last else [])]
        )
        if last:
            _vouch(shelf, index, version)
        else:
            evidence.tag_signature(shelf, index, RELEASE)


def load_web(store: RegistryStore, base: Descriptor) -> None:
    """Put the web server: one platform, wasteful layers."""
    shelf = Shelf(store, "demo/web")
    run: dict[str, object] = {"Cmd": ["/usr/bin/httpd"], "User": "app", "ExposedPorts": {"8080/tcp": {}}}
    annotations = {BASE_NAME: "demo/base:12", BASE_DIGEST: str(base.digest), _TITLE: "web"}
    layers = [base_layer(AMD64), *wasteful_layers(AMD64)]
    image = push_image(
        shelf, AMD64, Build(layers, "2026-01-20T10:00:00Z", run, annotations), ["v2.0", "latest"]
    )
    evidence.attach_notation(shelf, image, RELEASE)


def load_nightly(store: RegistryStore) -> None:
    """Put a year of monthly images that share all layers but one."""
    shelf = Shelf(store, "demo/nightly")
    run: dict[str, object] = {"Cmd": ["/app/start.sh"], "User": "app"}
    shared = [base_layer(AMD64), python_layer(AMD64), dependencies_layer()]
    for month in range(1, 13):
        tag = f"2025.{month:02}"
        build = Build([*shared, application_layer(tag)], f"2025-{month:02}-28T02:00:00Z", run)
        push_image(shelf, AMD64, build, [tag, *(["latest"] if month == 12 else [])])


def load_artifacts(store: RegistryStore) -> None:
    """Put what is no image."""
    for version in ("0.9.0", "1.0.0"):
        artifacts.push_chart(Shelf(store, "demo/chart"), version, RELEASE)
    artifacts.push_wasm(Shelf(store, "demo/wasm"), "0.1.0")
    artifacts.push_model(Shelf(store, "demo/model"), "2026.1")


def _app_release(
    shelf: Shelf, version: str, created: str, base: Descriptor, *, attested: bool, tags: list[str]
) -> Descriptor:
    run: dict[str, object] = {
        "Cmd": ["/app/start.sh"],
        "Env": ["PATH=/usr/bin", f"APP_VERSION={version}"],
        "User": "app",
        "WorkingDir": "/app",
        "Labels": {_VERSION: version, _SOURCE: "https://git.demo.example/app"},
    }
    annotations = {_TITLE: "app", _VERSION: version, BASE_NAME: "demo/base:12", BASE_DIGEST: str(base.digest)}
    entries = []
    for platform in PLATFORMS:
        layers = [
            base_layer(platform),
            python_layer(platform),
            dependencies_layer(),
            application_layer(version),
        ]
        entries.append(push_image(shelf, platform, Build(layers, created, run, annotations)))
    if attested:
        entries += [
            evidence.buildkit_attestation(shelf, image, version, _PACKAGES, platform.architecture)
            for image, platform in zip(list(entries), PLATFORMS, strict=True)
        ]
    return shelf.index(entries, annotations={**annotations, CREATED: created}, tags=tags)


def _vouch(shelf: Shelf, index: Descriptor, version: str) -> None:
    """Hang everything onto a release: and a signature onto the SBOM, so that referrers have referrers."""
    sbom = evidence.attach_spdx(shelf, index, _PACKAGES, "amd64")
    evidence.attach_signature(shelf, sbom, RELEASE)
    evidence.attach_signature(shelf, index, RELEASE)
    evidence.tag_signature(shelf, index, RELEASE)
    evidence.attach_provenance(shelf, index, version, BUILDER)
    evidence.attach_vex(shelf, index)
    evidence.attach_notation(shelf, index, RELEASE)
    for entry in _images_of(shelf, index):
        evidence.attach_cyclonedx(shelf, entry, _PACKAGES, _architecture(entry))


def _images_of(shelf: Shelf, index: Descriptor) -> list[Descriptor]:
    """Return the images of an index, attestations left out."""
    found = shelf.store.manifest(shelf.repository, index.digest)
    document = Document.parse(found.content if found else b"", index)
    entries = document.manifests if isinstance(document, Index) else ()
    return [entry for entry in entries if entry.platform and not entry.platform.is_unknown]


def _architecture(entry: Descriptor) -> str:
    return entry.platform.architecture if entry.platform else ""
