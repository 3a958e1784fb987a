"""What an audit can look at: an image, a repository, a layout, a registry, or a list of references."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from regexplore.auditing.subjects import AuditedManifest, AuditedRegistry, Base, FileView
from regexplore.content.once import Once
from regexplore.content.store import TagLister
from regexplore.errors import LayerError, PolicyError, RegexploreError
from regexplore.evidence.base_image import BaseClaim
from regexplore.frames.facts import told
from regexplore.image.packages import owned_files
from regexplore.objects.artifact import Artifact
from regexplore.objects.collection import Collection
from regexplore.objects.getting import get
from regexplore.objects.image import Image
from regexplore.objects.image_files import SharedListings
from regexplore.objects.index import Index
from regexplore.objects.meter import meter_of
from regexplore.objects.registry import Registry
from regexplore.objects.repository import Repository
from regexplore.objects.source import Source
from regexplore.oci import Descriptor, Digest, normalize
from regexplore.oci.digest import is_digest
from regexplore.remote.origin import is_loopback, split_host

FILTERED_TYPE = "application/vnd.cncf.notary.signature"

Target = Registry | Collection | Artifact | str
Targets = Target | Iterable[Target]


@dataclass(frozen=True, slots=True)
class Place:
    """One repository or layout, and what of it is to be looked at.

    Attributes
    ----------
    source : Source
    tags : tuple of str
        All that it lists; empty when it could not be listed.
    references : tuple of str
        Tags and digests to look at.
    problem : str
        Why it could not be listed.
    """

    source: Source
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    problem: str = ""


def name_of(targets: Targets) -> str:
    """Give what is audited, in words."""
    if isinstance(targets, str):
        return targets
    if isinstance(targets, Registry):
        return str(targets.reference)
    if isinstance(targets, Collection):
        return targets._source.name
    if isinstance(targets, Artifact):
        return targets.reference
    names = [name_of(one) for one in targets]
    return names[0] if len(names) == 1 else f"{len(names)} references"


def places(targets: Targets, match: str | None = None) -> Iterator[Place]:
    """Yield the repositories to look at, one after the other.

    Parameters
    ----------
    targets
        What to audit.
    match
        A glob over tags, for whole repositories and registries.

    Raises
    ------
    RegexploreError
        A registry's repositories cannot be listed, or a single reference cannot be fetched.
    PolicyError
        Something that cannot be audited.
    """
    if isinstance(targets, Registry):
        for name in targets.repositories(progress=None)["repository"]:
            yield _whole(targets.repository(name), match)
    elif isinstance(targets, Collection):
        yield _whole(targets, match)
    elif isinstance(targets, Artifact | str):
        yield from _single([targets])
    else:
        yield from _single(list(targets))


def registry_of(sources: Iterable[Source], reasons: Sequence[str] = ()) -> AuditedRegistry | None:
    """Give what is known of the registry after it was asked; None when there are several, or none.

    Parameters
    ----------
    sources
        What was read.
    reasons
        What could not be read, and why: a token server that was refused is told there.
    """
    stores = {
        str(one.store.reference.registry): one.store for one in sources if isinstance(one.store, Repository)
    }
    channels = {one.store.referrers_channel for one in sources if isinstance(one.store, Repository)} - {""}
    if len(stores) != 1:
        return None
    [(name, store)] = stores.items()
    meter = meter_of(store.options)
    anonymous = {"": None, "none": True}.get(meter.authentication, False) if meter.requests else None
    if meter.requests and meter.authentication == "":
        anonymous = True
    return AuditedRegistry(
        name,
        store.options.scheme(store.reference.registry),
        is_loopback(split_host(store.reference.registry)),
        anonymous,
        frozenset(channels),
        _filters(stores.values()),
        next((reason for reason in reasons if "RealmRefusedError" in reason), ""),
    )


def ask_for_filter(sources: Iterable[Source], subjects: Mapping[str, Descriptor]) -> None:
    """Ask each registry once for referrers of one type, which shows whether it filters.

    Parameters
    ----------
    sources
        The repositories that were read.
    subjects
        A manifest of each, by the repository's name.
    """
    asked: set[str] = set()
    for source in sources:
        store, subject = source.store, subjects.get(source.name)
        if not isinstance(store, Repository) or subject is None or store.reference.registry in asked:
            continue
        asked.add(store.reference.registry)
        if store.referrers_capability == "supported":
            with suppress(RegexploreError):
                next(iter(store.referrer_pages(subject, FILTERED_TYPE)), None)


def _filters(stores: Iterable[Repository]) -> bool | None:
    return next((said for store in stores if (said := store.referrers_filtered) is not None), None)


def open_files(source: Source) -> Callable[[AuditedManifest], FileView]:
    """Give what reads the layers of an image of this source: each layer once, in however many images it is."""
    listings: SharedListings = Once()

    def opened(one: AuditedManifest) -> FileView:
        image = Artifact.of(source, one.document, one.reference)
        if not isinstance(image, Image):
            raise LayerError(f"{one.reference} is no image")
        image._files.share(listings)
        system = image._files.file_system(progress=None)
        search = image._packages()
        problems = [f"layer {n}: {layer.error}" for n, layer in enumerate(system.layers, 1) if layer.error]
        kept = {
            path: system.layers[layer].kept[row]
            for path, (layer, row) in system.present()
            if row in system.layers[layer].kept
        }
        return FileView(
            system,
            search.packages,
            search.databases,
            image.os,
            image._files.read,
            owned_files(kept),
            tuple(problems),
        )

    return opened


def find_base(source: Source) -> Callable[[BaseClaim, str], Base]:
    """Give what looks a base image up: in the audited registry, and nowhere else."""
    store = source.store
    # Images that claim the same base are read at the same time: it is looked up for the first, and the others wait.
    bases = Once[tuple[BaseClaim, str], Base]()
    looked = Once[str, Repository]()
    current = Once[tuple[str, str], str]()

    def found(claim: BaseClaim, platform: str) -> Base:
        return bases.get((claim, platform), lambda: look_up(claim, platform))

    def look_up(claim: BaseClaim, platform: str) -> Base:
        bare = Base(claim.name, claim.digest, claim.where)
        if not isinstance(store, Repository):
            return _with_reason(bare, "there is no registry to look it up in")
        try:
            wanted = (
                normalize(claim.name).reference
                if claim.name
                else store.reference.with_reference(claim.digest)
            )
        except RegexploreError as error:
            return _with_reason(bare, told(error))
        first = claim.name.partition("/")[0]
        # A name without a host is tried here: registries are often mirrors of what they build on.
        full = "." in first or ":" in first or first == "localhost"
        if full and wanted.registry != store.reference.registry:
            return _with_reason(bare, f"{wanted.registry} is not the audited registry; it was not asked")
        path = wanted.repository if full or not claim.name else claim.name.partition("@")[0].partition(":")[0]
        try:
            there = looked.get(
                path, lambda: Repository(store.reference.with_repository(path), options=store.options)
            )
            named = wanted.reference
            now = (
                ""
                if is_digest(named) or not named
                else current.get((path, named), lambda: str(there.resolve(named).digest))
            )
        except RegexploreError as error:
            return _with_reason(bare, told(error))
        return _looked_up(there, now, bare, platform)

    return found


def _looked_up(there: Repository, current: str, bare: Base, platform: str) -> Base:
    reason = ""
    diff_ids: tuple[str, ...] = ()
    try:
        if is_digest(bare.digest):
            base = there.get(bare.digest)
            image = base[platform] if isinstance(base, Index) and platform else base
            diff_ids = tuple(map(str, image.config.diff_ids)) if isinstance(image, Image) else ()
            reason = "" if diff_ids else "the claimed base is no image"
    except RegexploreError as error:
        reason = told(error)
    return Base(bare.name, bare.digest, bare.where, True, current, diff_ids, reason)


def _with_reason(base: Base, reason: str) -> Base:
    return Base(base.name, base.digest, base.where, reason=reason)


def _whole(collection: Collection, match: str | None) -> Place:
    from fnmatch import fnmatchcase

    source = collection._source
    tags, problem = _tags(source)
    wanted = tuple(tag for tag in tags if match is None or fnmatchcase(tag, match))
    return Place(source, tags, wanted, problem)


def _single(targets: list[Target]) -> Iterator[Place]:
    """Group references by where they are, so that each repository's tags are listed once."""
    grouped: dict[str, tuple[Source, dict[str, None]]] = {}
    for target in targets:
        artifact = get(target) if isinstance(target, str) else target
        if not isinstance(artifact, Artifact):
            yield from places(artifact)
            continue
        source = artifact._source
        _, wanted = grouped.setdefault(source.name, (source, {}))
        wanted[_name_in(artifact)] = None
    for source, wanted in grouped.values():
        tags, problem = _tags(source)
        yield Place(source, tags, tuple(wanted), problem)


def _name_in(artifact: Artifact) -> str:
    """Give the tag or digest of an artifact; its digest when the tag has moved since it was fetched."""
    name = artifact.reference.removeprefix(artifact._source.name).lstrip(":@")
    if not name or is_digest(name):
        return str(artifact.digest)
    return name if artifact._source.digest_of(name) == artifact.digest else str(Digest(artifact.digest))


def _tags(source: Source) -> tuple[tuple[str, ...], str]:
    if not isinstance(source.store, TagLister):
        return (), "it cannot list tags"
    try:
        tags = tuple(tag for page in source.store.tag_pages() for tag in page)
    except RegexploreError as error:
        return (), f"tags: {told(error)}"
    source.see_tags(tags)
    return tags, ""


def refuse_empty(found: list[Place]) -> None:
    """Raise when there is nothing to audit."""
    if not any(place.references for place in found) and all(place.problem for place in found):
        reason = found[0].problem if found else "no repository was given"
        raise PolicyError(f"there is nothing to audit: {reason}")
