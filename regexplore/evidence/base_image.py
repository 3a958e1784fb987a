"""What an image claims to be built on: by annotation, by label, or by the materials of its provenance.

Source: image-spec v1.1 ``annotations.md`` (``org.opencontainers.image.base.*``); BuildKit's provenance materials.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from regexplore.evidence.slsa import Provenance

BASE_NAME = "org.opencontainers.image.base.name"
BASE_DIGEST = "org.opencontainers.image.base.digest"
DOCKER_PURL = "pkg:docker/"


@dataclass(frozen=True, slots=True)
class BaseClaim:
    """A base image that somebody named.

    Attributes
    ----------
    name, digest : str
        Either may be "".
    where : str
        ``annotation``, ``label`` or ``provenance``.
    """

    name: str
    digest: str
    where: str


def base_claims(
    annotations: Mapping[str, str], labels: Mapping[str, str], provenances: Iterable[Provenance]
) -> tuple[BaseClaim, ...]:
    """Give every base image that is claimed, each once."""
    found = [
        BaseClaim(said.get(BASE_NAME, ""), said.get(BASE_DIGEST, ""), where)
        for said, where in ((annotations, "annotation"), (labels, "label"))
        if said.get(BASE_NAME) or said.get(BASE_DIGEST)
    ]
    for provenance in provenances:
        found += _of_materials(provenance)
    return tuple(dict.fromkeys(found))


def _of_materials(provenance: Provenance) -> Iterator[BaseClaim]:
    for material in provenance.materials:
        if not material.uri.startswith(DOCKER_PURL):
            continue
        name, _, version = material.uri.removeprefix(DOCKER_PURL).partition("?")[0].partition("@")
        sha256 = material.digests.get("sha256", "")
        tag = f":{unquote(version)}" if version and not version.startswith("sha256") else ""
        yield BaseClaim(unquote(name) + tag, f"sha256:{sha256}" if sha256 else "", "provenance")
