"""Every Python block of the documentation is run, and prints what the page says."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What `make docs` writes is made from docstrings, which have tests of their own.
MADE = {"_build", "generated"}
PAGES = [
    path
    for path in [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
    if MADE.isdisjoint(path.relative_to(ROOT).parts) and ">>> " in path.read_text("utf-8")
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_prints_what_it_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # A fence closes a block for readers of Markdown; for doctest an empty line does.
    text = re.sub(r"^```.*$", "", page.read_text("utf-8"), flags=re.MULTILINE)
    examples = doctest.DocTestParser().get_doctest(text, {"__name__": "__main__"}, page.name, str(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    report = []
    runner.run(examples, out=report.append)
    assert runner.tries > 0
    assert runner.failures == 0, "".join(report)


def test_the_twenty_examples_are_twenty():
    titles = re.findall(
        r"^### (\d+)\.", (ROOT / "docs" / "examples.md").read_text("utf-8"), flags=re.MULTILINE
    )
    assert titles == [str(n) for n in range(1, 21)]
