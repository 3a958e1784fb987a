"""What rules look at: a registry, a repository, a manifest, with everything that was read of each.

These are plain values. A rule never fetches: what was not read is None, and the reason stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regexplore.auditing.checked_evidence import CheckedEvidence
from regexplore.auditing.tag_snapshots import TagSnapshot
from regexplore.evidence.artifact_formats import artifact_format, blobs_of
from regexplore.evidence.discovery import Look
from regexplore.image.file_system import FileSystem
from regexplore.image.packages import OsRelease, Package
from regexplore.oci import Descriptor, Digest, Document, ImageConfig, Index, UnreadableDocument

NOT_THERE = ("MissingError", "NotFoundError")
"""Errors that say that content does not exist, by the names that reasons begin with."""


def reference_of(name: str, tag: str) -> str:
    """Give a repository with a tag or digest."""
    return f"{name}@{tag}" if ":" in tag else f"{name}:{tag}"


@dataclass(frozen=True, slots=True, eq=False)
class FileView:
    """The inside of an image, layers read to their end and checked.

    Attributes
    ----------
    system : FileSystem
    packages : tuple of Package
    databases : tuple of str
        Paths of the package databases that were read.
    os : OsRelease
    read : callable
        Gives the content of a path.
    owned : frozenset of str
        Paths that package managers say are theirs; empty when none says so.
    problems : tuple of str
        What could not be read.
    """

    system: FileSystem
    packages: tuple[Package, ...]
    databases: tuple[str, ...]
    os: OsRelease
    read: Callable[[str], bytes]
    owned: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Base:
    """A base image that an image claims, and what the audited registry has under that name.

    Attributes
    ----------
    name, digest, where : str
        As claimed, and where.
    same_registry : bool
        Whether it may be looked up: only the audited registry is asked.
    current : str
        Digest that the name has now; "" when it is not known.
    diff_ids : tuple of str
        Of the claimed digest's image; empty when they are not known.
    reason : str
        Why it is not known.
    """

    name: str
    digest: str
    where: str
    same_registry: bool = False
    current: str = ""
    diff_ids: tuple[str, ...] = ()
    reason: str = ""


@dataclass(slots=True, eq=False)
class AuditedManifest:
    """A manifest, an index, or an image of one platform.

    Attributes
    ----------
    repository : str
        With its registry.
    reference : str
        As a reader would name it.
    document : Document
    tags : tuple of str
        Tags that name it, or the index it is in.
    entry : Descriptor or None
        How the index lists it.
    index : AuditedManifest or None
        The index it is in.
    level : int
        How many indexes deep.
    config : ImageConfig or None
    config_problem : str
    evidence : tuple of CheckedEvidence
        All that was found for the reference: on the index, on its platforms, on the evidence itself.
    looks : tuple of Look
    evidence_problems : tuple of str
        Why evidence may be missing.
    evidence_read : bool
        Whether it was looked for at all.
    files : FileView or None
    files_problem : str
    bases : tuple of Base
    parts : mapping of str to bytes
        Small blobs of an artifact that rules look into, or how larger ones begin, by digest.
    missing : mapping of str to str
        What it names and could not be had, by digest, and why.
    subject_missing : str or None
        Why its subject is not there; "" when it is; None when nobody asked or could tell.
    whole : bool
        False where a budget ended the reading of it, or of what belongs to it.
    """

    repository: str
    reference: str
    document: Document
    tags: tuple[str, ...] = ()
    entry: Descriptor | None = None
    index: AuditedManifest | None = None
    level: int = 1
    config: ImageConfig | None = None
    config_problem: str = ""
    evidence: tuple[CheckedEvidence, ...] = ()
    looks: tuple[Look, ...] = ()
    evidence_problems: tuple[str, ...] = ()
    evidence_read: bool = False
    files: FileView | None = None
    files_problem: str = ""
    bases: tuple[Base, ...] = ()
    parts: Mapping[str, bytes] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    subject_missing: str | None = None
    whole: bool = True

    @property
    def digest(self) -> Digest:
        """Of the manifest."""
        return self.document.descriptor.digest

    @property
    def platform(self) -> str:
        """As the index says, else as the config says; "" when neither does."""
        if self.entry is not None and self.entry.platform is not None:
            return str(self.entry.platform)
        return str(self.config.platform) if self.config is not None else ""

    @property
    def is_image(self) -> bool:
        """Whether it can run."""
        return self.document.kind == "image"

    @property
    def format(self) -> str:
        """What it is: ``image``, ``Helm chart`` ..."""
        return artifact_format(self.document)

    @property
    def labels(self) -> Mapping[str, str]:
        """Of the config."""
        return self.config.labels if self.config is not None else {}

    @property
    def annotations(self) -> Mapping[str, str]:
        """Of the manifest; those of its index where it has none of that name."""
        above = self.index.document.annotations if self.index is not None else {}
        return {**above, **self.document.annotations}

    @property
    def layers(self) -> tuple[Descriptor, ...]:
        """Layers or blobs."""
        return blobs_of(self.document)

    @property
    def run(self) -> Mapping[str, Any]:
        """How the image runs: ``User``, ``Env`` and so on."""
        return self.config.config if self.config is not None else {}

    @property
    def digests(self) -> frozenset[str]:
        """Its own digest and that of its index: evidence may be about either."""
        above = {self.index.digest} if self.index is not None else set()
        return frozenset({self.digest, *above})

    @property
    def own_evidence(self) -> tuple[CheckedEvidence, ...]:
        """What hangs on this very manifest."""
        return tuple(one for one in self.evidence if one.piece.subject == self.digest)

    @property
    def all_evidence(self) -> tuple[CheckedEvidence, ...]:
        """What hangs on it or on its index."""
        digests = self.digests
        return tuple(one for one in self.evidence if one.piece.subject in digests)

    def evidence_on(self, digest: str) -> tuple[CheckedEvidence, ...]:
        """Give what hangs on another manifest, such as on a piece of evidence."""
        return tuple(one for one in self.evidence if one.piece.subject == digest)

    @property
    def absent(self) -> Mapping[str, str]:
        """What it names and the registry does not hold; not what only could not be read."""
        return {digest: reason for digest, reason in self.missing.items() if reason.startswith(NOT_THERE)}

    def raw_problem(self) -> str:
        """Give why the document could not be read; "" when it could."""
        return self.document.reason if isinstance(self.document, UnreadableDocument) else ""

    @property
    def children(self) -> tuple[Descriptor, ...]:
        """Entries of an index."""
        return self.document.manifests if isinstance(self.document, Index) else ()


@dataclass(frozen=True, slots=True)
class SpeakingTag:
    """A tag that speaks of a digest: the referrers tag schema's or cosign's.

    Attributes
    ----------
    tag, about, suffix : str
    there : bool or None
        Whether what it speaks of is there; None when that could not be told.
    reason : str
    listed : tuple of str
        Digests in the index under a tag of the schema.
    gone : tuple of str
        Those of them that are not there.
    problem : str
        Why the index could not be read, or not all that it lists be looked for.
    """

    tag: str
    about: str
    suffix: str
    there: bool | None = None
    reason: str = ""
    listed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    problem: str = ""


@dataclass(slots=True, eq=False)
class AuditedRepository:
    """A repository: its tags, and what they name.

    Attributes
    ----------
    name : str
        With its registry.
    tags : mapping of str to str
        Digests by tag, without tags that speak of a digest.
    errors : mapping of str to str
        Tags that could not be read, and why.
    speaking : tuple of SpeakingTag
    manifests : list of AuditedManifest
    snapshots : sequence of TagSnapshot or None
        Earlier looks at it, oldest first; None when there is no folder of them.
    complete : bool
        Whether all tags were listed.
    not_looked_at : int
        How many tags were left out, or could not be read.
    """

    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    speaking: tuple[SpeakingTag, ...] = ()
    manifests: list[AuditedManifest] = field(default_factory=list)
    snapshots: Sequence[TagSnapshot] | None = None
    complete: bool = True
    not_looked_at: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class AuditedRegistry:
    """Where all of it is.

    Attributes
    ----------
    name : str
    scheme : str
        ``http`` or ``https``; "" for content on a disk.
    loopback : bool
    anonymous : bool or None
        Whether it answered without credentials; None when that is not known.
    channels : frozenset of str
        How it listed referrers, as far as it was asked.
    filters : bool or None
        Whether it says that it applied a filter by artifact type; None when it was not asked for one.
    refused_realm : str
        Why its token server was not asked; "" when nothing was refused.
    """

    name: str
    scheme: str = ""
    loopback: bool = False
    anonymous: bool | None = None
    channels: frozenset[str] = frozenset()
    filters: bool | None = None
    refused_realm: str = ""
