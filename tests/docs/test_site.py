"""The documentation builds without a warning; every public name has an entry, every internal link leads somewhere.

Notebooks are run by their own tests; here they are only taken in.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.docs_modules import load

from regexplore.knowledge.entries import KINDS, entries

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_site_builds_and_holds_together(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d", tmp_path / "trees",
         "-D", "nb_execution_mode=off", ROOT / "docs", tmp_path / "html"],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    check = load("check")
    assert check.names_without_entry(tmp_path / "html") == []
    assert check.broken_links(tmp_path / "html") == []


def test_broken_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="b.html">gone</a><a href="#here">x</a><p id="there"></p><a href="#there">y</a>'
    )
    (tmp_path / "c.html").write_text(
        '<a href="a.html#there">fine</a><a href="a.html#gone">x</a><a href="https://r.example/">out</a>'
    )
    assert load("check").broken_links(tmp_path) == [
        "#here on a.html",
        "a.html#gone on c.html",
        "b.html on a.html",
    ]


def test_the_glossary_and_the_frames_are_those_of_the_code() -> None:
    pages = load("pages")
    glossary = pages.glossary_page()
    for kind in KINDS:
        for entry in entries(kind).values():
            assert f"({pages.anchor(entry)})=" in glossary
            assert entry.citation.url in glossary
    frames = pages.frames_page()
    assert "## TAG_DETAILS" in frames
    assert "| `tag` | `string` | name of the tag |" in frames


def test_every_lesson_is_in_the_list_of_lessons() -> None:
    page = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert path.name in page or path.name[:2] in ("03", "04", "06"), f"{path.name} is not in the tutorial"
