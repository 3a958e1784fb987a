"""Where package databases are, and who reads which."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from regexplore.content.tar_entries import FILE, TarEntry
from regexplore.errors import RegexploreError
from regexplore.image.packages.apk import read_apk
from regexplore.image.packages.dpkg import read_dpkg
from regexplore.image.packages.go_build import read_go
from regexplore.image.packages.languages import read_node, read_python
from regexplore.image.packages.os_release import PATHS, OsRelease
from regexplore.image.packages.package import Package
from regexplore.image.packages.rpm import read_rpm

Reader = Callable[[bytes, str, OsRelease], Iterator[Package]]

_READERS: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (r"/var/lib/dpkg/status(?:\.d/(?!.*\.md5sums$)[^/]+)?", read_dpkg),
        (r"/lib/apk/db/installed|/usr/lib/apk/db/installed", read_apk),
        (
            r"/(?:var/lib|usr/lib/sysimage|usr/share)/rpm/(?:rpmdb\.sqlite|Packages|Packages\.db)",
            read_rpm,
        ),
        (r".*\.dist-info/METADATA|.*\.egg-info/PKG-INFO|.*\.egg-info", read_python),
        (r".*/node_modules/(?:@[^/]+/)?[^/]+/package\.json", read_node),
    )
)
# Cheap to test, and true of everything above: most files of an image are none of these.
_ENDINGS = (
    "/status",
    "/installed",
    "/rpmdb.sqlite",
    "/Packages",
    "/Packages.db",
    "/METADATA",
    "/PKG-INFO",
    ".egg-info",
    "/package.json",
    "/os-release",
)
_MAX_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class PackageSearch:
    """What was found, and what could not be read.

    Attributes
    ----------
    packages : tuple of Package
        Sorted by type and name.
    databases : tuple of str
        Paths that were read.
    problems : tuple of str
        Why something is missing; empty when nothing is known to be.
    """

    packages: tuple[Package, ...]
    databases: tuple[str, ...]
    problems: tuple[str, ...]


def is_database(entry: TarEntry) -> bool:
    """Whether an entry of a layer may be a package database, or says which system the image is."""
    name = entry.name
    return (
        entry.type == FILE
        and entry.size <= _MAX_BYTES
        and (name.endswith(_ENDINGS) or "dpkg/status.d/" in name)
    )


def find_packages(
    paths: Iterable[str],
    read: Callable[[str], bytes],
    system: OsRelease,
    programs: Mapping[str, bytes] | None = None,
) -> PackageSearch:
    """Read every package database among some paths.

    Parameters
    ----------
    paths
        Of files that are present.
    read
        Gives the content of one.
    system
        The operating system, for purls.
    programs
        Build information of Go programs, by path.
    """
    packages: dict[Package, None] = {}
    databases, problems = [], []
    for path, packages_of in _readings(paths, read, system, programs or {}):
        try:
            found = list(packages_of())
        except RegexploreError as error:
            problems.append(f"{path}: {error}")
            continue
        databases.append(path)
        packages.update(dict.fromkeys(found))
    ordered = sorted(packages, key=lambda package: (package.type, package.name, package.version))
    return PackageSearch(tuple(ordered), tuple(databases), tuple(problems))


def _readings(
    paths: Iterable[str], read: Callable[[str], bytes], system: OsRelease, programs: Mapping[str, bytes]
) -> Iterator[tuple[str, Callable[[], Iterator[Package]]]]:
    """Yield each place with what reads it."""
    for path in sorted(paths):
        reader = next((reader for pattern, reader in _READERS if pattern.fullmatch(path)), None)
        if reader is not None and path not in PATHS:
            yield path, partial(_read, reader, read, path, system)
    for path in sorted(programs):
        yield path, partial(read_go, programs[path], path)


def _read(reader: Reader, read: Callable[[str], bytes], path: str, system: OsRelease) -> Iterator[Package]:
    return reader(read(path), path, system)
