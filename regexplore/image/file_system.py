"""The file system that layers make: whiteouts applied, links kept as links, and what is hidden still known.

Source: image-spec "layer.md" (applying changesets, whiteouts).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from regexplore.content.tar_entries import DIRECTORY, FILE, HARDLINK, SYMLINK
from regexplore.errors import NotFoundError, UnsupportedError
from regexplore.image.layer import LayerListing
from regexplore.image.path_pattern import path_pattern

PRESENT, OVERWRITTEN, DELETED = "present", "overwritten", "deleted"
MAX_LINKS = 40
WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"

_ROW_BITS = 32
_ROWS = (1 << _ROW_BITS) - 1

# Where an entry is: position of its layer, and its row there.
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file, directory or link of an image.

    Attributes
    ----------
    path : str
        From the root: ``/etc/os-release``.
    type : str
        ``file``, ``directory``, ``symlink``, ``hardlink``, ``character device``, ``block device``, ``fifo``, ``other``.
    mode, uid, gid : int
    size : int
        Bytes; 0 for everything but files.
    mtime : int
        Seconds since 1970.
    link : str
        Target of a symbolic link as it is written; path of the other name of a hard link.
    layer : int
        Number of the layer it comes from, base first, from 1, as in the frame of layers.
    state : str
        ``present``; or ``overwritten``, ``deleted`` by a later layer.
    """

    path: str
    type: str
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    link: str
    layer: int
    state: str = PRESENT


class FileSystem:
    """The merged file system of some layers, lowest first.

    Parameters
    ----------
    layers : sequence of LayerListing

    Attributes
    ----------
    hidden : list of (str, Place, str)
        Path, place and state of what later layers overwrote or deleted.
    problems : list of str
        Names that lead out of the root, and what else is odd; at most a hundred.
    """

    def __init__(self, layers: Sequence[LayerListing]) -> None:
        self.layers = tuple(layers)
        self.hidden: list[tuple[str, Place, str]] = []
        self.problems: list[str] = []
        # Places as single numbers: a million of them fit into memory.
        self._places: dict[str, int] = {}
        for number, listing in enumerate(self.layers):
            self._apply(number, listing)

    def __len__(self) -> int:
        return len(self._places)

    @cached_property
    def entries(self) -> Mapping[str, FileEntry]:
        """Every present path and its entry, sorted by path."""
        return {path: self._entry(path, _place(code)) for path, code in sorted(self._places.items())}

    def present(self) -> Iterator[tuple[str, Place]]:
        """Yield path and place of everything that is present, in no order."""
        for path, code in self._places.items():
            yield path, _place(code)

    def exists(self, path: str) -> bool:
        """Whether a path is there, symbolic links followed."""
        try:
            self.resolve(path)
        except (NotFoundError, UnsupportedError):
            return False
        return True

    def entry(self, path: str) -> FileEntry:
        """Return the entry at a path as it stands; a link is not followed at the end.

        Raises
        ------
        NotFoundError
        """
        parent, name = posixpath.split(normal(path))
        found = posixpath.join(self.resolve(parent) if name else "/", name)
        code = self._places.get(found)
        if code is None:
            raise NotFoundError(f"{path!a} is not in the image", hint="List what is there with files().")
        return self._entry(found, _place(code))

    def resolve(self, path: str) -> str:
        """Return the path that is meant, symbolic links followed inside the image.

        Raises
        ------
        NotFoundError
            It is not there.
        UnsupportedError
            Links lead round in a circle.
        """
        left = [part for part in normal(path).split("/") if part][::-1]
        found, links = "/", 0
        while left:
            part = left.pop()
            if part == "..":
                found = posixpath.dirname(found)
                continue
            step = posixpath.join(found, part)
            code = self._places.get(step)
            if code is None and step not in self._implied:
                raise NotFoundError(f"{path!a} is not in the image", hint="List what is there with files().")
            target = None if code is None else self._symlink(_place(code))
            if target is None:
                found = step
                continue
            links += 1
            if links > MAX_LINKS:
                raise UnsupportedError(f"{path!a} leads through more than {MAX_LINKS} links")
            if target.startswith("/"):
                found = "/"
            left.extend(part for part in reversed(target.split("/")) if part not in ("", "."))
        return found

    def content(self, path: str) -> Place:
        """Return the place of the content of a file, symbolic and hard links followed.

        Raises
        ------
        NotFoundError
            It is not there, or is a hard link to nothing.
        UnsupportedError
            It is no file.
        """
        found = self.resolve(path)
        seen: set[str] = set()
        while found not in seen:
            seen.add(found)
            layer, row = self._linked(found, path)
            listing = self.layers[layer]
            kind = listing.types[row]
            if kind == FILE:
                return layer, row
            if kind != HARDLINK:
                raise UnsupportedError(f"{path!a} is a {kind}, not a file")
            target = normal(listing.links.get(row, ""))
            # The other name may be hidden by now; its content is still in this layer.
            within = self._row_of(layer, target)
            if within is not None:
                return layer, within
            found = target
        raise UnsupportedError(f"{path!a} is a hard link that leads to itself")

    def glob(self, pattern: str) -> list[str]:
        """Return the paths that match a pattern; ``*`` stops at slashes, ``**`` does not."""
        wanted = path_pattern(pattern if pattern.startswith("/") else f"/{pattern}")
        return sorted(path for path in self._places if wanted.fullmatch(path))

    # ---- merging ---------------------------------------------------------------------------------

    def _apply(self, number: int, listing: LayerListing) -> None:
        added, removed, opaque = self._read(listing, number)
        replaced = {path for path, code in added.items() if self._replaces_a_directory(path, listing, code)}
        if removed or opaque or replaced:
            self._hide(removed, opaque, replaced)
        if not self._places:
            self._places = added
            return
        for path, code in added.items():
            before = self._places.get(path)
            if before is not None:
                self.hidden.append((path, _place(before), OVERWRITTEN))
            self._places[path] = code

    def _read(self, listing: LayerListing, number: int) -> tuple[dict[str, int], set[str], set[str]]:
        """Return what a layer adds, what it removes, and which directories it empties first."""
        added: dict[str, int] = {}
        removed: set[str] = set()
        opaque: set[str] = set()
        for row, name in enumerate(listing.names):
            path = normal(name)
            odd = "/.." in name or name.startswith("..")
            if path is not name:
                # One text for both: the path is what is asked for from here on.
                listing.names[row] = path
                if odd:
                    listing.outside[row] = name
            if odd or row in listing.outside:
                self._note(number, listing.outside.get(row, name))
            parent, _, base = path.rpartition("/")
            if base.startswith(WHITEOUT):
                if base == OPAQUE:
                    opaque.add(parent or "/")
                elif base != WHITEOUT:
                    removed.add(f"{parent}/{base[len(WHITEOUT) :]}")
            elif path != "/":
                added[path] = number << _ROW_BITS | row
        return added, removed, opaque

    def _replaces_a_directory(self, path: str, listing: LayerListing, code: int) -> bool:
        before = self._places.get(path)
        if before is None or listing.types[_place(code)[1]] == DIRECTORY:
            return False
        layer, row = _place(before)
        return self.layers[layer].types[row] == DIRECTORY

    def _hide(self, removed: set[str], opaque: set[str], replaced: set[str]) -> None:
        """Take away what is removed and everything below it; one pass, however much that is."""
        gone = []
        for path, place in self.present():
            if path in removed:
                gone.append((path, place, DELETED))
                continue
            parent = path
            while parent != "/":
                parent = parent.rpartition("/")[0] or "/"
                if parent in removed or parent in opaque:
                    gone.append((path, place, DELETED))
                    break
                if parent in replaced:
                    gone.append((path, place, OVERWRITTEN))
                    break
        for path, _, _ in gone:
            del self._places[path]
        self.hidden.extend(gone)

    def _note(self, number: int, name: str) -> None:
        if len(self.problems) < 100 and ".." in name.split("/"):
            self.problems.append(f"layer {number + 1} names {name[:200]!a}; read as {normal(name)[:200]!a}")

    # ---- looking up ------------------------------------------------------------------------------

    def _entry(self, path: str, place: Place, state: str = PRESENT) -> FileEntry:
        layer, row = place
        listing = self.layers[layer]
        kind, link = listing.types[row], listing.links.get(row, "")
        return FileEntry(
            path,
            kind,
            listing.modes[row],
            listing.uids[row],
            listing.gids[row],
            listing.sizes[row],
            listing.mtimes[row],
            normal(link) if kind == HARDLINK else link,
            layer + 1,
            state,
        )

    def _linked(self, found: str, path: str) -> Place:
        code = self._places.get(found)
        if code is None:
            raise NotFoundError(f"{path!a} is a hard link to {found!a}, which is not there")
        return _place(code)

    @cached_property
    def _implied(self) -> frozenset[str]:
        """Directories that no layer names, but that something is in."""
        found: set[str] = set()
        for path in self._places:
            parent = path.rpartition("/")[0]
            while parent and parent not in self._places and parent not in found:
                found.add(parent)
                parent = parent.rpartition("/")[0]
        return frozenset(found)

    def _symlink(self, place: Place) -> str | None:
        listing = self.layers[place[0]]
        return listing.links.get(place[1], "") if listing.types[place[1]] == SYMLINK else None

    def _row_of(self, layer: int, target: str) -> int | None:
        """Return the last row of a file with that path in a layer."""
        listing = self.layers[layer]
        for row in range(len(listing) - 1, -1, -1):
            if listing.types[row] == FILE and normal(listing.names[row]) == target:
                return row
        return None


def _place(code: int) -> Place:
    return code >> _ROW_BITS, code & _ROWS


def normal(name: str) -> str:
    """Return a name of an archive as a path from the root, which it cannot leave.

    Examples
    --------
    >>> normal("./etc/passwd"), normal("../../x"), normal("a//b/")
    ('/etc/passwd', '/x', '/a/b')
    """
    if "//" not in name and "/." not in name and not name.startswith(".") and name[-1:] not in ("/", ""):
        return name if name[0] == "/" else f"/{name}"
    # normpath keeps two leading slashes; lstrip leaves none.
    return posixpath.normpath("/" + name.lstrip("/"))
