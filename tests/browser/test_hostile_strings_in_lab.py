"""Strings that want to be more, shown by every card and picture in JupyterLab: nothing runs, nothing is fetched."""

import nbformat
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


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
