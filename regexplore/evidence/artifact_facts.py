"""What artifacts that are no images say of themselves: charts, modules, models, sources, caches. All of it is claimed.

Source: Helm ``pkg/registry``; CNCF ``wasm-oci-artifact`` and solo.io's module types; Flux and Timoni documentation;
CNCF model-spec and Docker model-spec; soci-snapshotter; Nydus ``zran``; BuildKit ``cacheconfig.v0``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from regexplore.errors import DocumentError
from regexplore.evidence.artifact_formats import (
    BUILD_CACHE_CONFIG,
    HELM_PROVENANCE,
    artifact_format,
    blobs_of,
)
from regexplore.evidence.reading import at, tables, text, texts
from regexplore.oci import Descriptor, Document, Index, Manifest, media_types, strict_json

MAX_CONFIG_BYTES = 4 << 20
MAX_LISTED = 50

Fact = tuple[str, str]

SOURCE, REVISION, CREATED = (f"org.opencontainers.image.{name}" for name in ("source", "revision", "created"))


def config_of(document: Document) -> Descriptor | None:
    """Give the blob that says what an artifact is, if there is one that says more than nothing."""
    if isinstance(document, Manifest):
        known = document.kind == "image" or document.config.media_type == media_types.OCI_EMPTY
        return None if known or document.config.size > MAX_CONFIG_BYTES else document.config
    if isinstance(document, Index):
        wanted = (one for one in document.manifests if one.media_type == BUILD_CACHE_CONFIG)
        return next((one for one in wanted if one.size <= MAX_CONFIG_BYTES), None)
    return None


def artifact_facts(document: Document, config: bytes | None = None) -> tuple[Fact, ...]:
    """Give what an artifact says of itself, in words; its format first.

    Parameters
    ----------
    document
        The manifest or index.
    config
        Content of `config_of`, where it was read.
    """
    name = artifact_format(document)
    tree, problem = _tree(config)
    read = READERS.get(name)
    said = [one for one in read(document, tree) if one[1]] if read is not None else []
    told = [("config", f"cannot be read: {problem}")] if problem else []
    return (("format", name), *said, *told)


def _tree(config: bytes | None) -> tuple[Any, str]:
    if not config:
        return None, ""
    try:
        return strict_json.loads(config), ""
    except DocumentError as error:
        return None, str(error)


def _helm(document: Document, tree: Any) -> Iterator[Fact]:
    yield "name", text(tree, "name")
    yield "version", text(tree, "version")
    yield "application version", text(tree, "appVersion")
    yield "kind", text(tree, "type")
    yield "description", text(tree, "description")
    needs = (
        f"{text(one, 'name')} {text(one, 'version')}"
        for one in tables(tree, "dependencies", limit=MAX_LISTED)
    )
    yield "depends on", ", ".join(needs)
    signed = any(layer.media_type == HELM_PROVENANCE for layer in blobs_of(document))
    yield "provenance file", "present" if signed else "none"


def _wasm(document: Document, tree: Any) -> Iterator[Fact]:
    yield "architecture", text(tree, "architecture")
    yield "system", text(tree, "os")
    yield "author", text(tree, "author")
    yield "created", text(tree, "created")
    yield "exports", ", ".join(texts(tree, "component", "exports", limit=MAX_LISTED))
    yield "imports", ", ".join(texts(tree, "component", "imports", limit=MAX_LISTED))
    listed = texts(tree, "layerDigests", limit=MAX_LISTED)
    if listed:
        same = listed == tuple(str(layer.digest) for layer in blobs_of(document))
        yield "layers", f"{len(listed)}, as in the manifest" if same else "others than those of the manifest"


def _wasm_image(document: Document, _: Any) -> Iterator[Fact]:
    yield "variant", document.annotations.get("module.wasm.image/variant", "")


def _source(document: Document, _: Any) -> Iterator[Fact]:
    for name, key in (("source", SOURCE), ("revision", REVISION), ("created", CREATED)):
        yield name, document.annotations.get(key, "")


def _timoni(document: Document, tree: Any) -> Iterator[Fact]:
    yield from _source(document, tree)
    yield "version", document.annotations.get("org.opencontainers.image.version", "")
    held = ((layer.annotations or {}).get("sh.timoni.content.type", "") for layer in blobs_of(document))
    yield "holds", ", ".join(dict.fromkeys(filter(None, held)))


def _model(document: Document, tree: Any) -> Iterator[Fact]:
    about, config = at(tree, "descriptor"), at(tree, "config")
    yield "name", text(about, "name")
    yield "version", text(about, "version")
    yield "family", text(about, "family")
    yield "licences", ", ".join(texts(about, "licenses", limit=MAX_LISTED))
    yield "authors", ", ".join(texts(about, "authors", limit=MAX_LISTED))
    yield "created", text(about, "createdAt")
    for name, key in (
        ("architecture", "architecture"),
        ("format", "format"),
        ("parameters", "paramSize"),
        ("parameters", "parameters"),
        ("precision", "precision"),
        ("quantization", "quantization"),
        ("size", "size"),
    ):
        yield name if name != "format" else "weights", text(config, key)
    parts: dict[str, int] = {}
    for layer in blobs_of(document):
        role = _role(layer.media_type)
        parts[role] = parts.get(role, 0) + 1
    yield "parts", ", ".join(f"{count} {role}" for role, count in parts.items())


def _role(media_type: str) -> str:
    """Give what a layer of a model is for: ``weight``, ``weight.config``, ``doc`` ...

    Examples
    --------
    >>> _role("application/vnd.cncf.model.weight.config.v1.raw")
    'weight.config'
    """
    for prefix in ("application/vnd.cncf.model.", "application/vnd.docker.ai."):
        if media_type.startswith(prefix):
            return media_type.removeprefix(prefix).split(".v")[0]
    return "other"


def _soci(document: Document, _: Any) -> Iterator[Fact]:
    said = document.annotations
    yield "made by", said.get("com.amazon.soci.build-tool-identifier", "")
    yield "of image", str(document.subject.digest) if document.subject is not None else ""
    yield "of image", said.get("com.amazon.soci.image-manifest-digest", "")
    tables_of = [
        one for one in blobs_of(document) if "com.amazon.soci.image-layer-digest" in (one.annotations or {})
    ]
    yield "tables of layers", str(len(tables_of))


def _nydus(document: Document, _: Any) -> Iterator[Fact]:
    marks = [one.annotations or {} for one in blobs_of(document)]
    start = [one for one in marks if "containerd.io/snapshot/nydus-bootstrap" in one]
    yield "bootstrap", "present" if start else "none"
    yield "blobs", str(sum("containerd.io/snapshot/nydus-blob" in one for one in marks))
    yield "file system", next((one.get("containerd.io/snapshot/nydus-fs-version", "") for one in start), "")
    yield "of image", str(document.subject.digest) if document.subject is not None else ""


def _build_cache(document: Document, tree: Any) -> Iterator[Fact]:
    if isinstance(document, Index):
        held = sum(one.media_type != BUILD_CACHE_CONFIG for one in document.manifests)
        yield "kept as", "an index of blobs"
    else:
        held = len(blobs_of(document))
        yield "kept as", "a manifest"
    yield "layers", str(held)
    records = at(tree, "records")
    yield "steps", str(len(records)) if isinstance(records, list) else ""


READERS: Mapping[str, Callable[[Document, Any], Iterator[Fact]]] = {
    "Helm chart": _helm,
    "WASM module": _wasm,
    "WASM image": _wasm_image,
    "Flux source": _source,
    "Timoni module": _timoni,
    "model pack": _model,
    "Docker model": _model,
    "SOCI index": _soci,
    "Nydus image": _nydus,
    "build cache": _build_cache,
}
"""Who reads which format."""
