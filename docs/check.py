"""Check the documentation that was built: every public name is in the reference, every internal link leads somewhere.

``python docs/check.py docs/_build/html``
"""

from __future__ import annotations

import importlib
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

sys.path.insert(0, str(Path(__file__).parent))
import pages


class _Page(HTMLParser):
    """The anchors of a page, and the addresses that it leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.anchors.update(name for name in (told.get("id"), told.get("name")) if name)
        self.links += [link for link in (told.get("href"), told.get("src")) if link]


def names_without_entry(site: Path) -> list[str]:
    """Give the public names that the inventory does not have."""
    known = set(_inventory(site / "objects.inv"))
    return [
        f"{module}.{name}"
        for module in pages.PUBLIC
        for name in importlib.import_module(module).__all__
        if pages.home_of(module, name)[0] not in known
    ]


def broken_links(site: Path) -> list[str]:
    """Give the internal links, images and anchors that lead nowhere."""
    read = {path: _read(path) for path in site.rglob("*.html") if "_static" not in path.parts}
    broken = defaultdict(set)
    for path, page in read.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link.startswith(("data:", "mailto:")):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file() or not _has(read, target, unquote(parts.fragment)):
                broken[link].add(path.relative_to(site).as_posix())
    return [f"{link} on {', '.join(sorted(where))}" for link, where in sorted(broken.items())]


def _has(read: dict[Path, _Page], target: Path, fragment: str) -> bool:
    return not fragment or target not in read or fragment in read[target].anchors


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text("utf-8"))
    return page


def _inventory(path: Path) -> Iterator[str]:
    content = path.read_bytes()
    for _ in range(4):
        content = content.partition(b"\n")[2]
    for line in zlib.decompress(content).decode().splitlines():
        name, _, rest = line.partition(" ")
        if rest.startswith("py:"):
            yield name


def main() -> int:
    site = Path(sys.argv[1]).resolve()
    found = [f"no entry: {name}" for name in names_without_entry(site)]
    found += [f"leads nowhere: {link}" for link in broken_links(site)]
    print("\n".join(found) or "every public name has an entry, every internal link leads somewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
