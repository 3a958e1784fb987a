"""The directory tree of an image, with the size of everything below each directory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from regexplore.content.tar_entries import DIRECTORY, FILE, HARDLINK, SYMLINK
from regexplore.image.file_system import FileSystem, normal
from regexplore.show import text as words
from regexplore.show.bundle import LIMIT
from regexplore.show.element import element, joined
from regexplore.show.escape import Markup, terminal
from regexplore.show.theme import style_sheet

CHILDREN = 40


def _style() -> Markup:
    return Markup(f"<style>{style_sheet()}</style>")


class FileTree:
    """A directory of an image and what is below it, to look at.

    Parameters
    ----------
    files : FileSystem
    path : str
        Where the tree begins.
    depth : int
        How many levels are shown; sizes count everything below.
    """

    def __init__(self, files: FileSystem, path: str = "/", depth: int = 2) -> None:
        self.path = normal(path)
        self.depth = depth
        self._children: dict[str, list[str]] = defaultdict(list)
        self._sizes: dict[str, int] = defaultdict(int)
        self._counts: dict[str, int] = defaultdict(int)
        self._notes: dict[str, str] = {}
        self._gather(files)

    @property
    def size(self) -> int:
        """Bytes of all files below the path."""
        return self._sizes[self.path]

    def _gather(self, files: FileSystem) -> None:
        inside = self.path.rstrip("/") + "/"
        directories: dict[str, None] = {}
        for path, (layer, row) in files.present():
            if path != self.path and not path.startswith(inside):
                continue
            listing = files.layers[layer]
            kind, link = listing.types[row], listing.links.get(row, "")
            if kind in (SYMLINK, HARDLINK):
                self._notes[path] = f" {'->' if kind == SYMLINK else '='} {link}"
            elif kind not in (FILE, DIRECTORY):
                self._notes[path] = f" ({kind})"
            self._add(path, listing.sizes[row], is_directory=kind == DIRECTORY)
            directories.update(dict.fromkeys(self._above(path)))
        for path in directories:
            self._notes.setdefault(path, "/")
        for names in self._children.values():
            names.sort(key=lambda name: (-self._sizes[name], name))

    def _add(self, path: str, size: int, *, is_directory: bool) -> None:
        self._sizes[path] += size
        if is_directory:
            self._notes[path] = "/"
        below = path
        for parent in self._above(path):
            self._sizes[parent] += size
            self._counts[parent] += not is_directory
            if self._depth_of(below) <= self.depth and below not in self._children[parent]:
                self._children[parent].append(below)
            below = parent

    def _above(self, path: str) -> Iterable[str]:
        while path != self.path:
            path = path.rpartition("/")[0] or "/"
            yield path

    def _depth_of(self, path: str) -> int:
        return path.count("/") - self.path.rstrip("/").count("/")

    # ---- shown -----------------------------------------------------------------------------------

    def _name(self, path: str) -> str:
        name = path if path == self.path else path.rpartition("/")[2]
        return name + (self._notes.get(path, "") if path != "/" else "")

    def _measure(self, path: str) -> str:
        """Give size and number of files; nothing for links and empty directories, which have neither."""
        if not self._sizes[path] and not self._counts[path] and self._notes.get(path):
            return ""
        count = f", {words.count(self._counts[path], 'file')}" if self._counts[path] else ""
        return words.human_bytes(self._sizes[path]) + count

    def _line(self, path: str) -> str:
        return f"{self._name(path)}  {self._measure(path)}".rstrip()

    def _markup(self, path: str) -> Markup:
        return joined(
            [
                element("code", self._name(path)),
                element("small", "  ", self._measure(path), class_="rx-muted"),
            ]
        )

    def _shown(self, path: str) -> tuple[list[str], int]:
        children = self._children.get(path, [])
        return children[:CHILDREN], len(children) - CHILDREN

    def __str__(self) -> str:
        lines = [terminal(self._line(self.path))]
        self._draw(self.path, "", lines)
        return "\n".join(lines)

    def _draw(self, path: str, indent: str, lines: list[str]) -> None:
        children, more = self._shown(path)
        for n, child in enumerate(children):
            last = n == len(children) - 1 and more <= 0
            lines.append(f"{indent}{'└── ' if last else '├── '}{terminal(self._line(child))}")
            self._draw(child, indent + ("    " if last else "│   "), lines)
        if more > 0:
            lines.append(f"{indent}└── and {more:,} more")

    def __repr__(self) -> str:
        return f"<{terminal(self._line(self.path))}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": str(self)}

    def _repr_html_(self) -> str:
        page = element(
            "div",
            _style(),
            element("div", self._details(self.path, opened=True), class_="rx-tree"),
            class_="rx-card",
        )
        if len(page) < LIMIT:
            return page
        shorter = element("pre", terminal("\n".join(str(self).splitlines()[:200])))
        return element("div", _style(), shorter, class_="rx-card")

    def _details(self, path: str, *, opened: bool = False) -> Markup:
        children, more = self._shown(path)
        if not children:
            return element("div", self._markup(path))
        rest = [element("div", element("small", f"and {more:,} more"))] if more > 0 else []
        return element(
            "details",
            element("summary", self._markup(path)),
            *[element("div", self._details(child), class_="rx-branch") for child in children],
            *rest,
            open=opened,
        )
