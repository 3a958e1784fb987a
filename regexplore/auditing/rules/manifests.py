"""MAN: manifests and indexes that are not what they seem, or not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from regexplore.auditing.policy import Policy
from regexplore.auditing.rule import Outcome, failed, not_applicable, passed, rule, unknown
from regexplore.auditing.subjects import NOT_THERE, AuditedManifest
from regexplore.content.store import MAX_DOCUMENT_BYTES
from regexplore.errors import DocumentError
from regexplore.oci import Descriptor, Manifest, Schema1Manifest, media_types, strict_json
from regexplore.oci.digest import is_digest
from regexplore.remote.origin import is_private

MAX_LEVELS = 2
MAX_ENTRIES = 1_000
_CONFUSED = ("at once", "mediaType says", "but for case")
_WRONG_BYTES = ("MismatchedDigestError", "ContentError", "ShortContentError", "TrailingDataError")


def _wrong_reference(reason: str) -> Outcome | None:
    return failed(reason) if reason.startswith(_WRONG_BYTES) else None


def _large_reference(reason: str) -> Outcome | None:
    return failed(reason) if reason.startswith("SizeExceedsLimitError") else None


@rule(
    "MAN01",
    title="a document with two meanings",
    severity="critical",
    scope="manifest",
    needs="manifest",
    inspects="media type in header, body and index; fields that only one kind of document has",
    source="CVE-2021-41190; GHSA-mc8v-mgrf-8f4m",
    remedy="do not use it; push it again with one meaning",
)
def two_meanings(manifest: AuditedManifest, policy: Policy) -> Outcome:
    """Readers may understand different things."""
    said = [manifest.raw_problem(), *manifest.document.problems]
    confused = next((one for one in said if any(word in one for word in _CONFUSED)), "")
    if confused:
        return failed(confused, manifest.digest)
    bare = next((one for one in manifest.document.problems if "mediaType is missing" in one), "")
    return passed(bare)


@rule(
    "MAN02",
    title="missing content, or bytes that are not those of the descriptor",
    severity="critical",
    scope="manifest",
    needs="manifest",
    inspects="digest and size of everything that was read",
    source="CVE-2024-3727; GHSA-qv35-3gw6-8q4j",
    remedy="push the content again; look into the registry's storage",
    unread=_wrong_reference,
)
def wrong_bytes(manifest: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """Something is not there, or is not what was asked for."""
    problems = [one for one in manifest.document.problems if "the descriptor says" in one]
    for problem in problems:
        yield failed(problem, manifest.digest)
    for digest, reason in manifest.missing.items():
        yield _absence(digest, reason)
    view = manifest.files
    unread = [listing for listing in view.system.layers if listing.error] if view is not None else []
    for listing in unread:
        told = f"{type(listing.error).__name__}: {listing.error}"
        if _is_elsewhere(listing.descriptor):
            yield unknown(f"kept elsewhere, which was not asked: {told}", listing.descriptor.digest)
        elif listing.descriptor.digest not in manifest.missing:
            yield _absence(listing.descriptor.digest, told)
    if not problems and not manifest.missing and not unread:
        yield passed("" if view is not None or not manifest.is_image else "layers were not read")


@rule(
    "MAN03",
    title="weak or unknown digest",
    severity="high",
    scope="manifest",
    needs="manifest",
    inspects="every digest in the document",
    source="image-spec v1.1, descriptor",
    remedy="push it again with sha256 or sha512",
)
def weak_digest(manifest: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """An algorithm other than sha256, sha384 and sha512, or a malformed digest."""
    tree = _tree(manifest)
    if tree is None:
        yield unknown(manifest.raw_problem() or "the document cannot be read")
        return
    bad = [one for one in _digests(tree) if not is_digest(one)]
    for one in bad[:10]:
        yield failed(f"{one[:100]} is no digest to rely on", one[:100])
    if not bad:
        yield passed()


@rule(
    "MAN04",
    title="JSON that readers take differently",
    severity="high",
    scope="manifest",
    needs="manifest",
    inspects="equal keys, trailing bytes, NaN and other things that JSON readers disagree about",
    source="RFC 8259; parser differentials",
    remedy="push it again as plain JSON",
)
def ambiguous_json(manifest: AuditedManifest, policy: Policy) -> Outcome:
    """A strict reader refuses it."""
    try:
        strict_json.loads(manifest.document.raw)
    except DocumentError as error:
        return failed(str(error), manifest.digest)
    return passed()


@rule(
    "MAN05",
    title="schema 1",
    severity="medium",
    scope="manifest",
    needs="manifest",
    inspects="media type and schema version",
    source="Docker image manifest version 2, schema 1 (deprecated)",
    remedy="pull and push it with a current client",
)
def schema_one(manifest: AuditedManifest, policy: Policy) -> Outcome:
    """A format that was given up."""
    old = isinstance(manifest.document, Schema1Manifest) or media_types.is_schema1(
        manifest.document.media_type
    )
    return failed("Docker schema 1, deprecated since 2019", manifest.digest) if old else passed()


@rule(
    "MAN06",
    title="withdrawn artifact manifest",
    severity="low",
    scope="manifest",
    needs="manifest",
    inspects="media type",
    source="image-spec v1.1 (removed after 1.1.0-rc2)",
    remedy="push it as an image manifest with an artifact type",
)
def withdrawn(manifest: AuditedManifest, policy: Policy) -> Outcome:
    """A kind of manifest that no longer exists."""
    if manifest.document.media_type == media_types.OCI_ARTIFACT_MANIFEST:
        return failed(
            "application/vnd.oci.artifact.manifest.v1+json was withdrawn before OCI 1.1", manifest.digest
        )
    return passed()


@rule(
    "MAN07",
    title="layers from elsewhere",
    severity="medium",
    scope="manifest",
    needs="manifest",
    inspects="foreign and nondistributable layers, and urls of descriptors",
    source="CVE-2020-15157; image-spec v1.1, descriptor",
    remedy="push the layers to the registry",
)
def foreign(manifest: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """Content is to be fetched from an address in the manifest."""
    found = False
    for layer in manifest.layers:
        if not _is_elsewhere(layer):
            continue
        found = True
        worse = "high" if any(_is_dangerous(url) for url in layer.urls) else ""
        told = f"to be fetched from {layer.urls[0][:200]}" if layer.urls else layer.media_type
        yield failed(told, layer.digest, severity=worse)
    if not found:
        yield passed()


@rule(
    "MAN08",
    title="an artifact without a type",
    severity="low",
    scope="manifest",
    needs="manifest",
    inspects="artifact type and config type",
    source="image-spec v1.1, manifest.md",
    remedy="push it with an artifact type",
)
def no_type(manifest: AuditedManifest, policy: Policy) -> Outcome:
    """An empty config, and no artifact type beside it."""
    document = manifest.document
    if not isinstance(document, Manifest):
        return not_applicable("no image manifest")
    if document.config.media_type == media_types.OCI_EMPTY and not document.declared_artifact_type:
        return failed(
            "the config is empty and there is no artifactType: nobody can tell what it is", manifest.digest
        )
    return passed(document.artifact_type)


@rule(
    "MAN09",
    title="layers and diff_ids do not match",
    severity="high",
    needs="config",
    inspects="the number of layers, diff_ids and steps of the history",
    source="image-spec v1.1, config.md",
    remedy="build it again",
)
def counts(image: AuditedManifest, policy: Policy) -> Outcome:
    """Not as many diff_ids as layers; or a history of more or fewer steps, which is milder."""
    if image.config is None:
        return unknown(image.config_problem or "the config was not read")
    layers, ids = len(image.layers), len(image.config.diff_ids)
    if layers != ids:
        return failed(f"{layers} layers, {ids} diff_ids", image.config.descriptor.digest)
    steps = sum(not step.empty_layer for step in image.config.history)
    if image.config.history and steps != layers:
        # Tools that squash leave a history behind that says something else: told, and milder.
        return failed(
            f"{layers} layers, the history tells of {steps}", image.config.descriptor.digest, severity="low"
        )
    return passed(f"{layers} of each")


@rule(
    "MAN10",
    title="a layer unpacks to something else",
    severity="critical",
    needs="files",
    inspects="the digest of each unpacked layer against its diff_id",
    source="image-spec v1.1, config.md; crane validate",
    remedy="do not run it; build and push it again",
)
def diff_ids(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """The unpacked bytes are not those that the config names."""
    if image.files is None:
        yield unknown(image.files_problem or "the layers were not read")
        return
    for number, listing in enumerate(image.files.system.layers, 1):
        if listing.verified is False:
            yield failed(f"layer {number} {listing.problem}", listing.descriptor.digest)
        elif listing.verified is None:
            yield unknown(f"layer {number} {listing.problem}", listing.descriptor.digest)
    if all(listing.verified for listing in image.files.system.layers):
        yield passed(f"{len(image.files.system.layers)} layers")


@rule(
    "MAN11",
    title="index and config name different platforms",
    severity="medium",
    needs="config",
    inspects="the platform in the index against that in the config",
    source="image-spec v1.1, image-index.md",
    remedy="build the index again",
)
def platform(image: AuditedManifest, policy: Policy) -> Outcome:
    """What the index offers for a platform is for another."""
    if image.entry is None or image.entry.platform is None:
        return not_applicable("it is in no index")
    if image.config is None:
        return unknown(image.config_problem or "the config was not read")
    offered, actual = image.entry.platform, image.config.platform
    same = (offered.os, offered.architecture) == (actual.os, actual.architecture)
    if same and actual.variant in ("", offered.variant):
        return passed(str(actual))
    if same and not offered.variant:
        return passed(f"{actual}, the index leaves out the variant")
    return failed(f"the index says {offered}, the config {actual}", image.digest)


@rule(
    "MAN12",
    title="too large, too deep, too many",
    severity="high",
    scope="manifest",
    needs="manifest",
    inspects="size of the document, depth of indexes, number of entries",
    source="distribution-spec v1.1 (4 MiB)",
    remedy="split it up",
    unread=_large_reference,
)
def too_much(manifest: AuditedManifest, policy: Policy) -> Outcome:
    """Many clients refuse it."""
    if len(manifest.document.raw) > MAX_DOCUMENT_BYTES:
        return failed(f"{len(manifest.document.raw):,} bytes", manifest.digest)
    if len(manifest.children) > MAX_ENTRIES:
        return failed(f"{len(manifest.children):,} entries", manifest.digest)
    if manifest.level > MAX_LEVELS and manifest.children:
        return failed(f"an index {manifest.level} levels deep", manifest.digest)
    return passed()


RULES = (
    two_meanings,
    wrong_bytes,
    weak_digest,
    ambiguous_json,
    schema_one,
    withdrawn,
    foreign,
    no_type,
    counts,
    diff_ids,
    platform,
    too_much,
)


def _tree(manifest: AuditedManifest) -> Any:
    try:
        return strict_json.loads(manifest.document.raw)
    except DocumentError:
        return None


def _digests(tree: Any) -> Iterator[str]:
    """Give every text that stands where a digest should; documents are small and nested a hundred deep at most."""
    left = [tree]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left.extend(one.values())
            for key in ("digest", "blobSum"):
                if isinstance(one.get(key), str):
                    yield one[key]
        elif isinstance(one, list):
            left.extend(one)


def _is_elsewhere(layer: Descriptor) -> bool:
    return bool(layer.urls) or media_types.is_nondistributable(layer.media_type)


def _absence(digest: str, reason: str) -> Outcome:
    """Judge what could not be had: not there, not what it should be, or only not known."""
    if reason.startswith(NOT_THERE):
        return failed(f"not there: {reason}", digest)
    return failed(reason, digest) if reason.startswith(_WRONG_BYTES) else unknown(reason, digest)


def _is_dangerous(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    return parts.scheme != "https" or is_private(parts.hostname or "")
