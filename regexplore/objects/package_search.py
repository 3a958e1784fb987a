"""Which images ship a package: asked of a whole repository, registry or layout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from regexplore.frames.origin import Origin
from regexplore.image.packages.requirement import Requirement
from regexplore.objects.audit_target import Targets, find_base, name_of, open_files, places
from regexplore.objects.remembered import RememberedStore
from regexplore.show.progress import Progress, Show
from regexplore.show.text import count

if TYPE_CHECKING:
    import pandas as pd

    from regexplore.auditing.subjects import AuditedManifest
    from regexplore.frames.schema import Row


def find_package(
    target: Targets, package: str, *, files: bool = False, match: str | None = None, progress: Show = True
) -> pd.DataFrame:
    """Find every image that ships a package, as its SBOMs or its package databases say.

    Parameters
    ----------
    target
        A `Registry`, `Repository`, `Layout`, image, reference, or a list of references.
    package
        A name (a glob), with bounds if wanted: ``openssl<3.0.7``, ``log4j-*>=2.0,<2.17``.
    files
        Read the layers of images too, for their package databases. Without, only attached SBOMs are asked.
    match
        A glob over tags.
    progress
        As everywhere.

    Returns
    -------
    pandas.DataFrame
        Columns as in `regexplore.frames.found_packages.FOUND_PACKAGES`. It is partial when images have nothing that
        says what is in them; ``attrs["reasons"]`` tells how many.

    Raises
    ------
    PolicyError
        The text is no package.
    RegexploreError
        A registry's repositories cannot be listed, or a single reference cannot be fetched.

    Examples
    --------
    >>> import regexplore as rx
    >>> with rx.Sandbox.demo() as sandbox:
    ...     found = rx.find_package(sandbox.registry["demo/app"], "openssl<3.0.7")
    >>> sorted(set(found["version"]))
    ['3.0.6-1']
    """
    from regexplore.auditing.gather import CONFIG, FILES, Gathering
    from regexplore.auditing.policy import Policy
    from regexplore.frames.found_packages import found_packages_frame

    wanted = Requirement.parse(package)
    if isinstance(target, Iterable) and not isinstance(target, str):
        target = list(target)
    found, origin = list(places(target, match)), Origin(name_of(target))
    images: list[AuditedManifest] = []
    with Progress("reference", sum(len(place.references) for place in found), show=progress) as shown:
        for place in found:
            source = place.source
            gathering = Gathering(
                source,
                RememberedStore(source),
                Policy(),
                FILES if files else CONFIG,
                open_files(source),
                find_base(source),
                on_progress=shown.advance,
            )
            gathered = gathering.repository(place.tags, place.references)
            images += [one for one in gathered.manifests if one.is_image]
            for reason in (*gathering.reasons, place.problem):
                if reason:
                    origin.partial(reason)
            source.settle()
    silent = [one for one in images if not any(True for _ in _packages(one))]
    if silent:
        told = "" if files else "; files=True reads their package databases"
        origin.partial(f"what is in {count(len(silent), 'image')} of {len(images)} is not known{told}")
    return found_packages_frame([row for one in images for row in _rows(one, wanted)], origin)


def _packages(image: AuditedManifest) -> Iterator[tuple[str, str, str, str, str]]:
    """Give name, version, type, purl and source of everything that is said to be in an image."""
    for one in image.all_evidence:
        for part in one.sbom.components if one.sbom is not None else ():
            yield part.name, part.version, part.type, part.purl, f"{part.source} {one.digest}"
    for package in image.files.packages if image.files is not None else ():
        yield package.name, package.version, package.type, package.purl, package.source


def _rows(image: AuditedManifest, wanted: Requirement) -> Iterator[Row]:
    for name, version, kind, purl, source in _packages(image):
        if not wanted.names(name):
            continue
        holds = wanted.holds(kind, version)
        if holds is False:
            continue
        yield {
            "reference": image.reference,
            "digest": image.digest,
            "platform": image.platform if image.index is not None else None,
            "name": name,
            "version": version,
            "type": kind,
            "purl": purl,
            "source": source,
            "status": "matches" if holds else "not known",
        }
