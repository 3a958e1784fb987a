"""Which files package managers say are theirs.

Source: dpkg(1) (``info/*.list``, ``status.d/*.md5sums``); Alpine's installed database (``F:``, ``R:``); rpm's header
tags BASENAMES, DIRNAMES and DIRINDEXES.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from regexplore.errors import RegexploreError
from regexplore.image.packages.rpm import read_rpm_files

# Since the merge of /usr, a package may list /bin/ls where the file is /usr/bin/ls.
_MERGED = ("/bin/", "/sbin/", "/lib/", "/lib64/", "/lib32/")


def is_file_list(name: str) -> bool:
    """Whether a path of a layer is a list of the files of a Debian package."""
    return (name.endswith(".list") and "lib/dpkg/info/" in name) or (
        name.endswith(".md5sums") and "dpkg/status.d/" in name
    )


def owned_files(kept: Mapping[str, bytes]) -> frozenset[str]:
    """Give every path that a package manager knows, from the content of its databases by path.

    Empty when there is no database that says so.
    """
    return frozenset(_with_merged(path for name, content in kept.items() for path in _of_one(name, content)))


def _of_one(name: str, content: bytes) -> Iterator[str]:
    if is_file_list(name):
        for line in content.decode("utf-8", "replace").splitlines():
            yield "/" + (line[34:] if name.endswith(".md5sums") else line).lstrip("/")
    elif name.endswith("apk/db/installed"):
        yield from _of_apk(content)
    elif "/rpm/" in name:
        try:
            yield from read_rpm_files(content, name)
        except RegexploreError:
            return


def _of_apk(content: bytes) -> Iterator[str]:
    folder = ""
    for line in content.decode("utf-8", "replace").splitlines():
        if line.startswith("F:"):
            folder = line[2:]
        elif line.startswith("R:"):
            yield f"/{folder}/{line[2:]}" if folder else f"/{line[2:]}"


def _with_merged(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        yield path
        if path.startswith(_MERGED):
            yield f"/usr{path}"
