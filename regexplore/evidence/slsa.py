"""SLSA provenance: who built it, from which source, out of what.

Source: slsa.dev/provenance v0.1, v0.2 and v1; BuildKit ``docs/attestations/slsa-provenance.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from regexplore.evidence.predicates import SLSA
from regexplore.evidence.reading import at, moment, tables, text
from regexplore.evidence.statement import Statement

MAX_MATERIALS = 10_000
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_GIT_KEYS = ("gitCommit", "sha1", "commit")


@dataclass(frozen=True, slots=True)
class Material:
    """Something a build consumed.

    Attributes
    ----------
    uri : str
    digests : mapping of str to str
        Empty for a material that is not pinned.
    """

    uri: str
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a provenance predicate claims.

    Attributes
    ----------
    version : str
        Of SLSA's predicate: ``v0.1``, ``v0.2``, ``v1``.
    build_type, builder : str
    source, commit : str
        Where the source came from, and the commit; "" when it does not say.
    materials : tuple of Material
    arguments : mapping of str to str
        Build arguments, where BuildKit keeps them (``mode=max``).
    started, finished : datetime or None
    incomplete : tuple of str
        What it says of itself not to be complete.
    """

    version: str
    build_type: str
    builder: str
    source: str
    commit: str
    materials: tuple[Material, ...]
    arguments: Mapping[str, str]
    started: datetime | None
    finished: datetime | None
    incomplete: tuple[str, ...]


def provenance_of(statement: Statement) -> Provenance | None:
    """Read the provenance of a statement; None when its predicate is something else."""
    if not statement.predicate_type.startswith(SLSA):
        return None
    version = statement.predicate_type.removeprefix(SLSA).strip("/")
    predicate = statement.predicate
    return _v1(predicate, version) if version.startswith("v1") else _v0(predicate, version)


def _v1(predicate: Any, version: str) -> Provenance:
    definition = at(predicate, "buildDefinition")
    materials = tuple(_materials(definition, "resolvedDependencies"))
    parameters = at(definition, "externalParameters")
    source = _first(
        text(parameters, "workflow", "repository"),
        text(parameters, "repository"),
        text(parameters, "source", "uri"),
        text(parameters, "source"),
        text(parameters, "configSource", "uri"),
        _git_material(materials).uri,
    )
    return Provenance(
        version=version,
        build_type=text(definition, "buildType"),
        builder=text(predicate, "runDetails", "builder", "id"),
        source=source,
        commit=_commit(_git_material(materials, source).digests)
        or _commit(at(parameters, "configSource", "digest")),
        materials=materials,
        arguments=_arguments(at(parameters, "request", "args")),
        started=moment(predicate, "runDetails", "metadata", "startedOn"),
        finished=moment(predicate, "runDetails", "metadata", "finishedOn"),
        incomplete=_buildkit_gaps(at(predicate, "runDetails", "metadata")),
    )


def _v0(predicate: Any, version: str) -> Provenance:
    materials = tuple(_materials(predicate, "materials"))
    source = _first(text(predicate, "invocation", "configSource", "uri"), _git_material(materials).uri)
    digests = at(predicate, "invocation", "configSource", "digest")
    return Provenance(
        version=version,
        build_type=text(predicate, "buildType"),
        builder=text(predicate, "builder", "id"),
        source=source,
        commit=_commit(digests) or _commit(_git_material(materials, source).digests),
        materials=materials,
        arguments=_arguments(at(predicate, "invocation", "parameters", "args")),
        started=moment(predicate, "metadata", "buildStartedOn"),
        finished=moment(predicate, "metadata", "buildFinishedOn"),
        incomplete=tuple(
            name
            for name in ("parameters", "environment", "materials")
            if at(predicate, "metadata", "completeness", name) is False
        ),
    )


def _materials(tree: Any, key: str) -> Iterator[Material]:
    for one in tables(tree, key, limit=MAX_MATERIALS):
        digests = one.get("digest")
        pinned = (
            {str(name): value for name, value in digests.items() if isinstance(value, str) and value}
            if isinstance(digests, Mapping)
            else {}
        )
        yield Material(text(one, "uri") or text(one, "name"), pinned)


def _git_material(materials: tuple[Material, ...], source: str = "") -> Material:
    """Give the material that is the source: the one named, else the first that comes from git."""
    named = (one for one in materials if source and one.uri.split("@")[0].removeprefix("git+") == source)
    git = (
        one
        for one in materials
        if one.uri.startswith("git") or any(key in one.digests for key in _GIT_KEYS[:1])
    )
    return next(named, None) or next(git, None) or Material("", {})


def _commit(digests: Any) -> str:
    if not isinstance(digests, Mapping):
        return ""
    found = (digests.get(key) for key in _GIT_KEYS)
    return next((one for one in found if isinstance(one, str) and _COMMIT.fullmatch(one)), "")


def _arguments(tree: Any) -> Mapping[str, str]:
    if not isinstance(tree, Mapping):
        return {}
    return {
        str(key).removeprefix("build-arg:"): value
        for key, value in tree.items()
        if isinstance(value, str) and str(key).startswith("build-arg:")
    }


def _buildkit_gaps(metadata: Any) -> tuple[str, ...]:
    """Give what BuildKit marks as left out (``buildkit_completeness``)."""
    for key in ("buildkit_completeness", "completeness"):
        marks = at(metadata, key)
        if isinstance(marks, Mapping):
            return tuple(sorted(str(name) for name, value in marks.items() if value is False))
    return ()


def _first(*candidates: str) -> str:
    return next((one for one in candidates if one), "")
