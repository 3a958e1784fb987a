"""In a real kernel a bar ends as one static line: a saved notebook holds no dead widget."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

CODE = """
import time
from regexplore.show.progress import Progress
with Progress("tag", 8) as progress:
    for n in range(8):
        time.sleep(0.1)
        progress.advance(note=f"{n + 1} requests")
"""


@pytest.mark.slow
def test_a_bar_ends_as_one_line() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE)])
    NotebookClient(notebook, timeout=120).execute()
    [output] = notebook.cells[0].outputs
    assert set(output["data"]) == {"text/plain", "text/html"}
    assert output["data"]["text/plain"].startswith("8 tags, 8 requests, ")
