"""ART: artifacts that are no images: models, charts, files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regexplore.auditing.model_files import is_pickle_by_name, may_be_pickle, pickle_in
from regexplore.auditing.policy import Policy
from regexplore.auditing.rule import Outcome, failed, not_applicable, passed, rule, unknown
from regexplore.auditing.subjects import AuditedManifest
from regexplore.errors import DocumentError
from regexplore.evidence.artifact_formats import HELM_PROVENANCE
from regexplore.evidence.helm import parse_provenance
from regexplore.oci import Descriptor

TITLE = "org.opencontainers.image.title"
NAMES = (TITLE, "org.cncf.model.filepath", "io.deis.oras.content.unpack")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@rule(
    "ART01",
    title="model that runs code when it is loaded",
    severity="high",
    scope="manifest",
    needs="manifest",
    inspects="names of files of artifacts, and how those that may be pickles begin, where files are read",
    source="OpenSSF model signing; Python pickle documentation",
    remedy="publish safetensors or GGUF",
)
def pickles(manifest: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """Python pickles, and PyTorch archives that hold one; without reading them some can only be suspected."""
    if manifest.is_image or not manifest.layers:
        yield not_applicable("no files of an artifact")
        return
    count = 0
    for title, digest in _titles(manifest):
        head = manifest.parts.get(digest)
        found = pickle_in(head) if head is not None else ""
        if found:
            count += 1
            yield failed(f"{title[:100]} is {found}", digest)
        elif is_pickle_by_name(title):
            count += 1
            yield failed(f"{title[:100]} is a Python pickle by its name", digest)
        elif head is None and may_be_pickle(title):
            count += 1
            yield unknown(f"{title[:100]} may hold a Python pickle; it was not read", digest)
    if not count:
        yield passed()


@rule(
    "ART02",
    title="Helm chart that nobody vouches for",
    severity="low",
    scope="manifest",
    needs="evidence",
    inspects="the provenance file of a chart, which must name the chart's digest, and signatures",
    source="Helm documentation, provenance and integrity",
    remedy="helm package --sign, or cosign sign",
)
def unsigned_chart(manifest: AuditedManifest, policy: Policy) -> Outcome:
    """Neither a provenance file nor a signature."""
    if manifest.format != "Helm chart":
        return not_applicable("no Helm chart")
    files = [layer for layer in manifest.layers if layer.media_type == HELM_PROVENANCE]
    if files:
        return _of_provenance(manifest, files[0])
    if any(one.is_signature for one in manifest.own_evidence):
        return passed("there is a signature")
    if manifest.evidence_problems:
        return unknown(manifest.evidence_problems[0])
    return failed("neither a provenance file nor a signature", manifest.digest)


@rule(
    "ART03",
    title="file names that lead out",
    severity="high",
    scope="manifest",
    needs="manifest",
    inspects="names in annotations of layers",
    source="oras-go 2.6.2 advisory; CVE-2007-4559",
    remedy="do not pull it with a tool that writes files by their names",
)
def hostile_names(manifest: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """Absolute, climbing, or with control characters."""
    names = list(_titles(manifest))
    bad = [(name, digest) for name, digest in names if _leads_out(name)]
    for name, digest in bad[:20]:
        yield failed(f"the file name {name[:100]!a} leads out", digest)
    if not names:
        yield not_applicable("no file names")
    elif not bad:
        yield passed()


RULES = (pickles, unsigned_chart, hostile_names)


def _of_provenance(manifest: AuditedManifest, file: Descriptor) -> Outcome:
    body = manifest.parts.get(file.digest)
    if body is None:
        return unknown("there is a provenance file; it could not be read", file.digest)
    try:
        said = parse_provenance(body)
    except DocumentError as error:
        return failed(f"the provenance file cannot be read: {error}", file.digest)
    if not set(said.files.values()) & {str(layer.digest) for layer in manifest.layers}:
        return failed(
            f"the provenance file is about {next(iter(said.files.values()))}, not about this chart",
            file.digest,
            severity="high",
        )
    return passed("its provenance file names this chart; the OpenPGP signature was not checked", file.digest)


def _titles(manifest: AuditedManifest) -> Iterator[tuple[str, str]]:
    for layer in manifest.layers:
        for name in NAMES:
            title = (layer.annotations or {}).get(name)
            if title and title not in ("true", "false"):
                yield title, layer.digest


def _leads_out(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or bool(_CONTROL.search(name)) or name[1:3] == ":\\"
