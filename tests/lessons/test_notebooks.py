"""What every lesson keeps to, and that its exercises can be solved."""

import json
import re
import sys

import nbformat
import pytest
from support import lessons

from regexplore.errors import MissingExtraError
from regexplore.lessons import lessons_in

SPEC = re.compile(r"\]\(https://(github\.com/opencontainers/|[a-z.-]+/)\S+\)")
# The cell that looks at an answer is folded: it tells the answer.
CHECK = {"jupyter": {"source_hidden": True}, "tags": ["check"]}
each_lesson = pytest.mark.parametrize("path", lessons.LESSONS, ids=lambda path: path.stem)
each_notebook = pytest.mark.parametrize(
    "path", sorted(lessons.NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem
)


@each_notebook
def test_only_the_source_is_kept(path):
    notebook = json.loads(path.read_text("utf-8"))
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert notebook["metadata"]["language_info"] == {"name": "python"}
    assert [cell["id"] for cell in notebook["cells"]] == [
        f"cell-{n:02}" for n in range(len(notebook["cells"]))
    ]
    for cell in notebook["cells"]:
        assert cell["metadata"] in (*[{"tags": [tag]} for tag in ("registry", "exercise")], CHECK, {})
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    nbformat.validate(nbformat.from_dict(notebook))


@each_notebook
def test_code_fits_on_the_wall(path):
    long = [
        line
        for cell in lessons.cells(path)
        if cell.cell_type == "code"
        for line in cell.source.splitlines()
        if len(line) > 100
    ]
    assert long == []


@each_lesson
def test_the_head_says_what_is_taught_and_how_long_it_takes(path):
    head = lessons.cells(path)[0].source
    assert re.match(r"# \S", head)
    assert re.search(r"\*1[05] minutes · works without a network · ", head)
    assert SPEC.search(head)


@each_lesson
def test_one_cell_leads_to_another_registry(path):
    code = [cell for cell in lessons.cells(path) if cell.cell_type == "code"]
    assert code[0].metadata.get("tags") == ["registry"]
    assert code[0].source.startswith('registry_name = ""')
    if "is written to" in code[0].source:
        assert "This lesson writes" in lessons.cells(path)[0].source
        assert re.search(r'^scratch_name = "scratch/', code[0].source, re.MULTILINE)


@each_lesson
def test_readers_are_asked_before_they_run_and_have_something_to_do(path):
    read = lessons.cells(path)
    words = "\n".join(cell.source for cell in read if cell.cell_type == "markdown")
    exercises = [cell for cell in read if cell.metadata.get("tags") == ["exercise"]]
    assert re.search(r"\*\*Before\s+you\s+run\s+it", words)
    assert len(exercises) >= 2
    assert words.count("<summary>Solution</summary>") == len(exercises)
    assert words.count("**Exercise ") == len(exercises)


@each_lesson
def test_links_lead_to_lessons_that_are_there(path):
    words = "\n".join(cell.source for cell in lessons.cells(path) if cell.cell_type == "markdown")
    for name in re.findall(r"`(\d\d-[a-z0-9-]+\.ipynb)`", words):
        assert (lessons.NOTEBOOKS / name).is_file(), name


@pytest.mark.slow
@each_lesson
def test_exercises_can_be_solved_and_wrong_answers_get_a_hint(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = lessons.work_through(path)
    assert told
    for states in told:
        assert states == {"open": "your turn", "wrong": "not yet", "solved": "right"}
    assert list(tmp_path.iterdir()) == [], "a lesson leaves no files where it runs"


def test_the_course_is_whole_and_in_order():
    found = lessons_in(lessons.NOTEBOOKS)
    assert [lesson.number for lesson in found] == list(range(1, 14))
    assert all(lesson.minutes in (10, 15) for lesson in found)


def test_the_index_names_every_lesson():
    index = nbformat.read(lessons.NOTEBOOKS / "00-index.ipynb", as_version=4)
    words = "\n".join(cell.source for cell in index.cells if cell.cell_type == "markdown")
    for lesson in lessons_in(lessons.NOTEBOOKS):
        assert f"[{lesson.title}]({lesson.path.name})" in words
        assert re.search(
            rf"\| {lesson.number} \|.*\({re.escape(lesson.path.name)}\).*\| {lesson.minutes} \|", words
        )


def test_without_dask_the_last_lesson_says_what_to_install(monkeypatch):
    (path,) = (path for path in lessons.LESSONS if path.name.startswith("13"))
    setup = next(cell for cell in lessons.cells(path) if "LocalCluster" in cell.source)
    monkeypatch.setitem(sys.modules, "distributed", None)
    space = {"registry_name": "127.0.0.1:1"}
    with pytest.raises(MissingExtraError, match=r"regexplore\[dask\]"):
        lessons.run(setup.source, space, "setup")
