"""The clickable graph as a reader uses it: JupyterLab in Chromium, on the sandbox."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import nbformat
import pytest
from support import contrast

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

PICTURES = os.environ.get("REGEXPLORE_PICTURES")
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
SANDBOX = "import regexplore as rx\nsandbox = rx.Sandbox.demo().start()\nrepo = sandbox.registry.repository('demo/app')\n"
WHOLE = f"{SANDBOX}graph = repo.graph(progress=False)\ngraph.widget()"
SHALLOW = f"{SANDBOX}graph = repo.graph('v1.2', depth=1, progress=False)\ngraph.widget()"
NODES = ".rx-graph-stage g.rxg-n"


class Seen:
    """The widget on the page, and what a reader does with it."""

    def __init__(self, lab, folder: Path) -> None:
        self.lab = lab
        self.page = lab.page
        self.folder = folder

    def nodes(self, text: str = ""):
        found = self.page.locator(NODES)
        return found.filter(has_text=text) if text else found

    def click(self, text: str) -> None:
        # A node is clicked at its text: between its shapes there may be holes.
        self.nodes(text).first.locator("text").first.click()
        self.page.wait_for_selector(".rx-graph-side:not([hidden]) .rx-card")

    def button(self, text: str):
        return self.page.locator(f".rx-graph-button:text-is('{text}')")

    def lit(self) -> int:
        return self.page.locator(f"{NODES}:not(.rx-dim)").count()

    def shown_width(self) -> float:
        return float(self.page.locator(".rx-graph-stage svg").get_attribute("viewBox").split()[2])

    def value(self, expression: str) -> str:
        """What an expression gives in the kernel, in the last cell of the notebook."""
        return self.page.evaluate(ASK, expression)

    def keep(self, name: str) -> None:
        """Store a picture for the documentation where that is asked for; it is made in any case."""
        path = (Path(PICTURES) if PICTURES else self.folder) / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.locator(".rx-graph").screenshot(path=path)
        assert 5_000 < path.stat().st_size < 300_000


ASK = """async (expression) => {
  const session = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
  const future = session.kernel.requestExecute({code: `print(${expression})`, store_history: false});
  let said = '';
  future.onIOPub = message => {
    if (message.header.msg_type === 'stream') said += message.content.text;
    if (message.header.msg_type === 'error') said += message.content.ename + message.content.evalue;
  };
  await future.done;
  return said.trim();
}"""
OVER_THE_EDGE = """() => {
  const edge = document.querySelector('.rx-graph').getBoundingClientRect();
  return [...document.querySelectorAll('.rx-graph *')].filter(e => {
    if (!e.checkVisibility() || e.closest('svg')) return false;
    const box = e.getBoundingClientRect();
    return box.width && (box.right > edge.right + 1 || box.left < edge.left - 1);
  }).map(e => e.className || e.tagName);
}"""
LOWEST_CONTRAST_OF_SVG = """() => {
  const channel = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 };
  const light = text => { const [r, g, b] = text.match(/[\\d.]+/g).map(Number);
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b); };
  let lowest = 21;
  for (const node of document.querySelectorAll('.rx-graph-stage g.rxg-n')) {
    const shape = [...node.querySelectorAll('path,polygon')].find(e => e.getAttribute('fill'));
    for (const text of node.querySelectorAll('text,tspan')) {
      const [a, b] = [light(getComputedStyle(text).fill), light(getComputedStyle(shape).fill)];
      lowest = Math.min(lowest, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
    }
  }
  return lowest;
}"""


@contextlib.contextmanager
def opened(jupyterlab, chromium, folder, *cells, theme="Light", width=1500):
    """Run a notebook and give the widget in it; nothing may leave, no script may fail."""
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata=KERNEL), jupyterlab.folder / "graph.ipynb")
    with jupyterlab.notebook(chromium, "graph.ipynb", width=width, height=1000) as lab:
        lab.theme(f"JupyterLab {theme}")
        lab.run_all()
        lab.page.wait_for_selector(".rx-graph .rx-graph-stage")
        yield Seen(lab, folder)
        assert lab.page.locator(".rx-graph-problem").inner_text() == ""
        assert lab.strangers == []
        assert lab.errors == []


def test_a_click_on_a_node_gives_it_to_python(jupyterlab, chromium, tmp_path):
    with opened(jupyterlab, chromium, tmp_path, WHOLE) as seen:
        assert seen.nodes().count() > 20
        assert seen.value("graph.selected") == "None"
        seen.click("linux/arm64")
        digest = seen.value("graph.selected.digest")
        assert digest.startswith("sha256:")
        assert digest in seen.page.locator(".rx-graph-card").inner_text()
        assert seen.value("graph.selected.get().digest") == digest
        assert seen.page.locator(f"{NODES}.rx-chosen").count() == 1
        seen.keep("graph-widget-selected")
        seen.button("×").click()
        seen.page.wait_for_selector(".rx-graph-side", state="hidden")
        assert seen.value("graph.selected") == "None"


def test_expand_fetches_one_step_more_and_collapse_hides_it_again(jupyterlab, chromium, tmp_path):
    with opened(jupyterlab, chromium, tmp_path, SHALLOW) as seen:
        before = seen.nodes().count()
        seen.click("linux/amd64")
        seen.button("Expand").click()
        seen.page.wait_for_function(f"document.querySelectorAll('{NODES}').length > {before}")
        grown = seen.nodes().count()
        seen.page.wait_for_selector(".rx-graph-status:has-text('more')")
        assert seen.nodes("layer").count() > 0
        seen.keep("graph-widget-expanded")
        seen.button("Collapse").click()
        seen.page.wait_for_function(f"document.querySelectorAll('{NODES}').length < {grown}")
        assert seen.nodes("collapsed").count() == 1
        assert "collapsed" in seen.page.locator(".rx-graph-notes").inner_text()
        seen.button("Reset").click()
        seen.page.wait_for_function(f"document.querySelectorAll('{NODES}').length == {grown}")


def test_what_cannot_be_fetched_is_said_in_the_widget(jupyterlab, chromium, tmp_path):
    code = SHALLOW.replace("\ngraph.widget()", "\nsandbox.stop()\ngraph.widget()")
    with opened(jupyterlab, chromium, tmp_path, code) as seen:
        seen.click("linux/arm64")
        seen.button("Expand").click()
        seen.page.wait_for_selector(".rx-graph-problem:has-text('could not be read')", timeout=60_000)
        seen.button("×").click()
        seen.page.evaluate("document.querySelector('.rx-graph-problem').textContent = ''")


def test_search_dims_the_others_and_hover_lights_the_neighbours(jupyterlab, chromium, tmp_path):
    with opened(jupyterlab, chromium, tmp_path, WHOLE) as seen:
        everything = seen.nodes().count()
        search = seen.page.locator(".rx-graph-search")
        search.fill("linux/arm64")
        matching = seen.lit()
        assert 0 < matching < everything
        assert f"{matching} of {everything} match" in seen.page.locator(".rx-graph-found").inner_text()
        seen.keep("graph-widget-search")
        search.press("Enter")
        seen.page.wait_for_selector(".rx-graph-side:not([hidden])")
        search.fill("nothing has this in it")
        assert seen.lit() == 0
        search.fill("")
        assert seen.lit() == everything
        seen.nodes("index").first.locator("text").first.hover()
        assert 1 < seen.lit() < everything
        seen.page.locator(".rx-graph-bar").hover(position={"x": 3, "y": 3})
        assert seen.lit() == everything


def test_what_is_shared_and_what_is_signed_is_highlighted(jupyterlab, chromium, tmp_path):
    with opened(jupyterlab, chromium, tmp_path, WHOLE) as seen:
        everything = seen.nodes().count()
        for what in ("shared", "signed"):
            seen.button(what).click()
            assert 0 < seen.lit() < everything
            assert seen.button(what).get_attribute("aria-pressed") == "true"
            seen.keep(f"graph-widget-{what}")
        seen.button("signed").click()
        assert seen.lit() == everything


def test_zoom_and_pan_by_wheel_buttons_and_hand(jupyterlab, chromium, tmp_path):
    with opened(jupyterlab, chromium, tmp_path, WHOLE) as seen:
        at_first = seen.shown_width()
        seen.button("Fit").click()
        whole = seen.shown_width()
        assert whole > at_first  # a readable part at first
        seen.button("+").click()
        assert seen.shown_width() < whole
        seen.button("−").click()
        assert seen.shown_width() == pytest.approx(whole)
        stage = seen.page.locator(".rx-graph-stage")
        box = stage.bounding_box()
        seen.page.mouse.move(box["x"] + 20, box["y"] + 20)
        seen.page.mouse.wheel(0, -300)
        assert seen.shown_width() == pytest.approx(
            whole
        )  # the page scrolls until the picture was clicked into
        stage.focus()
        stage.scroll_into_view_if_needed()
        box = stage.bounding_box()
        seen.page.mouse.move(box["x"] + 20, box["y"] + 20)
        seen.page.mouse.wheel(0, -300)
        seen.page.wait_for_function(
            f"Number(document.querySelector('.rx-graph-stage svg').getAttribute('viewBox').split(' ')[2]) < {whole * 0.9}"
        )
        before = stage.locator("svg").get_attribute("viewBox")
        seen.page.mouse.down()
        seen.page.mouse.move(box["x"] + 120, box["y"] + 60, steps=4)
        seen.page.mouse.up()
        assert stage.locator("svg").get_attribute("viewBox") != before
        assert seen.value("graph.selected") == "None"  # a drag is no click
        seen.button("Fit").click()
        assert seen.shown_width() == pytest.approx(whole)


def test_the_keyboard_does_everything(jupyterlab, chromium, tmp_path):
    with opened(jupyterlab, chromium, tmp_path, WHOLE) as seen:
        seen.page.locator(".rx-graph-search").focus()
        for _ in range(10):  # the buttons, one after the other
            seen.page.keyboard.press("Tab")
            if seen.page.evaluate("document.activeElement.className") == "rx-graph-stage":
                break
        names = []
        for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
            seen.page.keyboard.press(key)
            names.append(seen.page.evaluate("document.activeElement.id"))
        assert len(set(names)) == 3
        seen.page.keyboard.press("Enter")
        seen.page.wait_for_selector(".rx-graph-side:not([hidden])")
        assert seen.value("graph.selected is not None") == "True"
        whole = seen.shown_width()
        seen.page.keyboard.press("+")
        assert seen.shown_width() < whole
        seen.page.keyboard.press("0")
        seen.page.keyboard.press("Escape")
        seen.page.wait_for_selector(".rx-graph-side", state="hidden")
        seen.page.keyboard.press("/")
        assert seen.page.evaluate("document.activeElement.className") == "rx-graph-search"


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_light_and_dark(jupyterlab, chromium, tmp_path, theme):
    with opened(jupyterlab, chromium, tmp_path, WHOLE, theme=theme) as seen:
        seen.click("linux/amd64")
        told = seen.page.evaluate(contrast.WORST, ".rx-graph")
        assert told["seen"] > 10
        assert told["worst"] == []
        assert seen.page.evaluate(LOWEST_CONTRAST_OF_SVG) >= 4.5
        assert seen.page.evaluate(OVER_THE_EDGE) == []
        seen.keep(f"graph-widget-{theme.lower()}")


def test_a_narrow_page_keeps_everything_inside(jupyterlab, chromium, tmp_path):
    with opened(jupyterlab, chromium, tmp_path, WHOLE, width=900) as seen:
        seen.click("linux/amd64")
        assert seen.page.evaluate(OVER_THE_EDGE) == []
        seen.keep("graph-widget-narrow")


def test_t1_hostile_strings_run_nothing(jupyterlab, chromium, tmp_path):
    code = SANDBOX + (
        "graph = sandbox.registry.repository('troubles/hostile-strings').graph(progress=False)\ngraph.widget()"
    )
    with opened(jupyterlab, chromium, tmp_path, code) as seen:
        for n in range(seen.nodes().count()):
            seen.nodes().nth(n).locator("text").first.click()
            seen.page.wait_for_selector(".rx-graph-side:not([hidden]) .rx-card >> nth=0")
        assert seen.page.evaluate("window.__pwn") is None
        widget = seen.page.locator(".rx-graph")
        assert (
            widget.locator("a[href^='javascript'], script, [onerror], [onload], foreignObject").count() == 0
        )
        seen.keep("graph-widget-hostile")


def test_a_thousand_nodes_fold_say_so_and_unfold(jupyterlab, chromium, tmp_path):
    support = Path(__file__).parents[1]
    code = (
        f"import sys\nsys.path.insert(0, {str(support)!r})\n"
        "from support import supply_chain\nimport regexplore as rx\n"
        "graph = rx.Graph.of(supply_chain.large(68), progress=False)\ngraph.widget()"
    )
    with opened(jupyterlab, chromium, tmp_path, code) as seen:
        assert "nodes drawn as" in seen.page.locator(".rx-graph-notes").inner_text()
        before = seen.nodes().count()
        assert before < 260
        seen.click("images")
        seen.button("Expand").click()
        seen.page.wait_for_function(f"document.querySelectorAll('{NODES}').length > {before}")
        seen.keep("graph-widget-thousand")


def test_without_a_kernel_the_still_picture_is_there(jupyterlab, chromium, tmp_path):
    with opened(jupyterlab, chromium, tmp_path, WHOLE) as seen:
        assert not seen.page.locator("[class^='rx-still']").is_visible()
        seen.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save').then(() => 1)")
    with jupyterlab.notebook(chromium, "graph.ipynb") as lab:
        lab.page.wait_for_selector(".jp-OutputArea-output")
        lab.page.wait_for_timeout(1500)
        path = (Path(PICTURES) if PICTURES else tmp_path) / "graph-widget-reopened.png"
        lab.output(0).screenshot(path=path)
        assert "Error displaying widget" not in lab.output(0).inner_text()
        assert lab.page.locator("svg g.rxg-n").count() > 20


def test_the_same_in_notebook_7(jupyterlab, chromium, tmp_path):
    made = [nbformat.v4.new_code_cell(SHALLOW)]
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata=KERNEL), jupyterlab.folder / "graph7.ipynb")
    with jupyterlab.notebook(chromium, "graph7.ipynb", height=1000, front="notebooks") as lab:
        # Of the front end itself: some plugins are made for JupyterLab only.
        before = list(lab.errors)
        lab.run_all()
        lab.page.wait_for_selector(".rx-graph .rx-graph-stage")
        seen = Seen(lab, tmp_path)
        drawn = seen.nodes().count()
        seen.click("linux/amd64")
        assert seen.value("graph.selected.digest").startswith("sha256:")
        seen.button("Expand").click()
        lab.page.wait_for_function(
            "n => document.querySelectorAll('.rx-graph-stage g.rxg-n').length > n", arg=drawn
        )
        seen.keep("graph-widget-notebook-7")
        assert lab.strangers == []
        assert lab.errors == before
