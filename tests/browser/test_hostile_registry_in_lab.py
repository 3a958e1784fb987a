"""Every payload in every field, in JupyterLab in Chromium: no script ran, nothing was asked of anybody else."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from support.hostile_registry import EVERY_PAYLOAD

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
TESTS = Path(__file__).parents[1]
START = f"""import sys
sys.path.insert(0, {str(TESTS)!r})
from IPython.display import display
import regexplore as rx
from support.hostile_registry import EVERY_PAYLOAD, hostile_sandbox, tag_of
sandbox, fields = hostile_sandbox()
repo = sandbox.start().registry['hostile/app']
repo"""
CARDS = """for n in range(len(EVERY_PAYLOAD)):
    for ending in ('', '-index', '-artifact'):
        display(repo.get(tag_of(n) + ending))"""
FRAMES = """for n in range(len(EVERY_PAYLOAD)):
    image = repo.get(tag_of(n))
    if isinstance(image, rx.Image):
        display(image.history, image.files(), image.tree(), image.sbom(), image.evidence())"""
GRAPHS = """for n in range(0, len(EVERY_PAYLOAD), 3):
    display(repo.get(tag_of(n)).graph(progress=False))"""
WIDGETS = """for n in (0, 1, 2, 5, 19, 22, 24):
    display(repo.get(tag_of(n)).graph(progress=False).widget())
for n in (1, 2, 19):
    display(rx.explore(f'{repo.reference}:{tag_of(n)}').wait())"""
AUDIT = """report = rx.audit(repo, depth='files', progress=None)
display(report, report.failures.head(300), report.evidence.head(300))"""
WIRE = """with rx.trace() as wire:
    tags = repo.tags(detail=True, progress=None)
display(wire, wire.frame(), tags)"""
ERROR = """try:
    repo.get('not-there')
except rx.errors.RegexploreError as error:
    display(error)
print('ALL' + 'DONE')"""
CELLS = [START, CARDS, FRAMES, GRAPHS, WIDGETS, AUDIT, WIRE, ERROR]
# Everything in the outputs that could run, or lead to something that does.
LIVE = """() => [...document.querySelectorAll('.jp-OutputArea-output *')].flatMap(one => [
  ...(['SCRIPT', 'IFRAME', 'OBJECT', 'EMBED', 'BASE', 'FORM'].includes(one.tagName) ? [one.tagName] : []),
  ...[...one.attributes].filter(each => /^on/i.test(each.name)
    || (/^(href|src|xlink:href|action)$/i.test(each.name) && /^\\s*(javascript|data:text)/i.test(each.value)))
    .map(each => `${one.tagName} ${each.name}=${each.value}`),
])"""


def test_t1_t3_t4_t6_t7_no_payload_runs_in_a_real_browser(jupyterlab, chromium):
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)
    nbformat.write(notebook, jupyterlab.folder / "hostile-registry.ipynb")
    with jupyterlab.notebook(chromium, "hostile-registry.ipynb") as lab:
        dialogs = []
        lab.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        lab.run_all()
        lab.page.wait_for_selector('.jp-OutputArea-output:has-text("ALLDONE")', timeout=120_000)
        outputs = lab.page.locator(".jp-OutputArea-output").count()
        # Everything is opened, and hovered over where that shows something.
        lab.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        for node in lab.page.locator("svg g.rxg-n").all()[:40]:
            node.dispatch_event("mouseover")
            node.dispatch_event("click")
        lab.page.wait_for_timeout(500)
        assert lab.page.evaluate("window.__pwn") is None
        assert dialogs == []
        assert lab.page.evaluate(LIVE) == []
        assert lab.strangers == []
        assert lab.errors == []
        shown = lab.page.locator("body").inner_text()
        assert shown.count("window.__pwn=1") > 50  # as text, it is there
    print(f"\npayload sweep, JupyterLab in Chromium: {outputs} outputs of {len(EVERY_PAYLOAD)} payloads")
    assert outputs > 100
