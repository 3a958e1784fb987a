"""The first notebook, as a reader sees it in JupyterLab, light and dark."""

import os
from pathlib import Path

import nbformat
import pytest
from support import contrast

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

NAME = "01-first-look.ipynb"
PICTURES = os.environ.get("REGEXPLORE_PICTURES")


def code_cells():
    notebook = nbformat.read(Path(__file__).parents[2] / "notebooks" / NAME, as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def cell_with(text):
    return next(n for n, source in enumerate(code_cells()) if text in source)


def test_first_look_in_light_and_dark(jupyterlab, chromium, tmp_path):
    with jupyterlab.notebook(chromium, NAME) as lab:
        lab.theme("JupyterLab Light")
        lab.run_all()
        assert (
            lab.page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        )
        graph = lab.output(cell_with("graph = image.graph()"))
        assert graph.locator("svg g").count() > 30
        tags = lab.output(cell_with("tags = repo.tags"))
        assert "v1.2" in tags.inner_text()
        for theme in ("Light", "Dark"):
            lab.theme(f"JupyterLab {theme}")
            told = lab.page.evaluate(contrast.WORST, ".jp-OutputArea-output .rx-card")
            assert told["seen"] > 100
            assert told["worst"] == []
            keep(lab, theme.lower(), tmp_path)
        assert lab.strangers == []
        assert lab.errors == []


def test_hostile_strings_run_nothing(jupyterlab, chromium):
    code = (
        "import regexplore as rx\n"
        "sandbox = rx.Sandbox.demo().start()\n"
        "repo = sandbox.registry.repository('troubles/hostile-strings')\n"
        "image = repo.get('v0.1')\n"
        "from IPython.display import display\n"
        "display(sandbox, sandbox.registry, repo, image, image.graph(), repo.tags(detail=True), image.layers())\n"
        "print('ALL' + 'DONE')"
    )
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)], metadata=kernel)
    nbformat.write(notebook, jupyterlab.folder / "hostile.ipynb")
    with jupyterlab.notebook(chromium, "hostile.ipynb") as lab:
        lab.run_all()
        assert "img src=x" in lab.output(0).inner_text()
        lab.page.wait_for_selector('.jp-OutputArea-output:has-text("ALLDONE")')
        assert lab.page.evaluate("window.__pwn") is None
        assert lab.output(0).locator("a[href^='javascript'], script, [onerror]").count() == 0
        assert lab.strangers == []
        assert lab.errors == []


def keep(lab, theme, tmp_path):
    """Store pictures for the documentation where that is asked for; they are made in any case."""
    folder = Path(PICTURES) if PICTURES else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    shots = {"first-look": "tags = repo.tags", "card": "image = repo.get", "graph": "graph = image.graph()"}
    for name, text in shots.items():
        path = folder / f"{name}-{theme}.png"
        lab.output(cell_with(text)).screenshot(path=path)
        assert path.stat().st_size > 5_000
