"""The explorer as a reader uses it: JupyterLab in Chromium, on the sandbox."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

import nbformat
import pytest
from support import contrast, tools

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

PICTURES = os.environ.get("REGEXPLORE_PICTURES")
IMAGE_TABS = (
    "Overview",
    "Manifest",
    "Platforms",
    "Layers",
    "Files",
    "Referrers",
    "Graph",
    "History",
    "Changes",
    "Audit",
    "Wire",
)
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
DEMO = "import regexplore as rx\nsandbox = rx.Sandbox.demo().start()\n"
# The kernel has taken everything that was done on the page, and what it said to that has arrived.
HEARD = """async () => {
  const kernel = window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
  await kernel.requestExecute({code: '', silent: true, store_history: false}).done;
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
}"""
# How the explorer says that nothing is being loaded any more.
QUIET = """() => !document.querySelector('.rx-explorer .rx-notice .rx-spinner')
  && ![...document.querySelectorAll('.rx-explorer .rx-side .rx-busy')].length"""


class Screen:
    """The explorer on the page, and what a reader does with it."""

    def __init__(self, lab, folder: Path) -> None:
        self.lab = lab
        self.page = lab.page
        self.folder = folder
        self.clicks = 0

    @contextlib.contextmanager
    def question(self):
        """A question that is answered in five clicks or fewer."""
        self.clicks = 0
        yield
        assert 0 < self.clicks <= 5

    def tab(self, title: str) -> None:
        self.clicks += 1
        self.page.locator(f".rx-tabs button:text-is('{title}')").click()
        self.page.wait_for_selector(f".rx-tabs button[aria-selected='true']:text-is('{title}')")
        self.settle()

    def tabs(self) -> list[str]:
        return self.page.locator(".rx-tabs button").all_inner_texts()

    def row(self, text: str, where: str = ".rx-content") -> None:
        self.clicks += 1
        self.page.locator(f"{where} tr.rx-open", has_text=text).first.click()
        self.settle()

    def choose(self, text: str) -> None:
        """Choose a repository or tag on the left."""
        self.clicks += 1
        self.page.locator(".rx-side tr.rx-open").get_by_text(text, exact=True).first.click()
        self.settle()

    def pick(self, option: str) -> None:
        """Pick what of two images is compared."""
        self.clicks += 1
        self.page.locator(".rx-choice select").nth(1).select_option(option)
        self.settle()

    def settle(self) -> None:
        """Wait until what was done is answered: heard by the kernel, loaded, and drawn."""
        self.page.evaluate(HEARD)
        self.page.wait_for_function(QUIET)
        self.page.evaluate(HEARD)

    def waits_for(self, text: str) -> None:
        """Wait until a text stands in the tab."""
        self.page.wait_for_function(
            "text => document.querySelector('.rx-content').innerText.includes(text)", arg=text
        )

    def content(self) -> str:
        """Give what stands in the tab, once something does: a busy machine draws late."""
        self.page.wait_for_function("document.querySelector('.rx-content').innerText.trim() !== ''")
        self.page.wait_for_function(QUIET)
        return self.page.locator(".rx-content").inner_text()

    def crumbs(self) -> list[str]:
        return self.page.locator(".rx-explorer nav > :not(.rx-sep)").all_inner_texts()

    def keep(self, name: str) -> None:
        """Store a picture for the documentation where that is asked for; it is made in any case."""
        path = (Path(PICTURES) if PICTURES else self.folder) / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.locator(".rx-explorer").screenshot(path=path)
        assert path.stat().st_size > 5_000

    def assert_readable(self) -> None:
        """Every text has contrast, and nothing reaches over the edge of the explorer."""
        told = self.page.evaluate(contrast.WORST, ".rx-explorer")
        assert told["seen"] > 10
        assert told["worst"] == []
        assert self.page.evaluate(OVER_THE_EDGE) == []


OVER_THE_EDGE = """() => {
  const edge = document.querySelector('.rx-explorer').getBoundingClientRect();
  const out = [];
  for (const e of document.querySelectorAll('.rx-explorer *')) {
    if (!e.checkVisibility() || e.closest('.rx-scroll, .rx-lines, .rx-card, .rx-code')) continue;
    const box = e.getBoundingClientRect();
    if (box.width && (box.right > edge.right + 1 || box.left < edge.left - 1)) out.push(e.className);
  }
  return out;
}"""


@contextlib.contextmanager
def opened(jupyterlab, chromium, folder, code, *more_cells, theme="Light"):
    """Run a notebook and give the explorer in its first output; nothing may leave, no script may fail."""
    cells = [nbformat.v4.new_code_cell(cell) for cell in (code, *more_cells)]
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), jupyterlab.folder / "explorer.ipynb"
    )
    with jupyterlab.notebook(chromium, "explorer.ipynb", height=1400) as lab:
        lab.theme(f"JupyterLab {theme}")
        lab.run_all()
        lab.page.wait_for_selector(".rx-explorer .rx-tabs button")
        screen = Screen(lab, folder)
        screen.settle()
        yield screen
        assert lab.strangers == []
        assert lab.errors == []


def run_cell(screen, number):
    """Run one cell and give what it printed."""
    screen.page.evaluate(
        """async (n) => {
          const content = window.jupyterapp.shell.currentWidget.content;
          content.activeCellIndex = n;
          await window.jupyterapp.commands.execute('notebook:run-cell');
        }""",
        number,
    )
    return screen.lab.output(number).inner_text()


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_every_tab_of_everything(jupyterlab, chromium, tmp_path, theme):
    code = f"{DEMO}explorer = rx.explore(sandbox.registry)\nexplorer"
    with opened(jupyterlab, chromium, tmp_path, code, theme=theme) as screen:
        screen.choose("demo/app")
        assert_tabs(screen, ["Overview", "Tags", "Graph", "Audit", "Wire"])
        screen.choose("v1.2")
        assert_tabs(
            screen,
            list(IMAGE_TABS),
        )
        screen.tab("Platforms")
        screen.row("linux/amd64")
        assert screen.crumbs()[1:] == ["demo/app", "v1.2", "linux/amd64"]
        assert_tabs(
            screen,
            list(IMAGE_TABS),
        )
        screen.tab("Layers")
        screen.keep(f"explorer-layers-{theme.lower()}")
        screen.row("apt-get")
        assert_tabs(screen, ["Overview", "Files", "Shared by", "Wire"])
        screen.page.locator(".rx-crumb", has_text="linux/amd64").click()
        screen.settle()
        screen.tab("Manifest")
        screen.keep(f"explorer-manifest-{theme.lower()}")
        screen.page.locator(".rx-lines button.rx-link").first.click()
        screen.settle()
        assert screen.crumbs()[-1] == "config"
        screen.page.get_by_role("button", name="Back", exact=True).click()
        screen.settle()
        assert screen.crumbs()[-1] == "linux/amd64"


def assert_tabs(screen, titles):
    assert screen.tabs() == titles
    for title in screen.tabs():
        screen.tab(title)
        told = screen.content()
        assert "error" not in screen.page.locator(".rx-content .rx-badge").all_inner_texts(), told
        screen.assert_readable()


def test_the_four_questions_in_five_clicks_each(jupyterlab, chromium, tmp_path):
    code = f'{DEMO}explorer = rx.explore(f"{{sandbox.host}}/demo/app")\nexplorer'
    with opened(jupyterlab, chromium, tmp_path, code) as screen:
        with screen.question():
            screen.choose("v1.2")
            screen.tab("Layers")
            screen.row("linux/amd64")
            screen.row("apt-get")
            screen.tab("Shared by")
        assert all(tag in screen.content() for tag in ("v1.0", "v1.1", "v1.2"))
        screen.keep("explorer-shared-layer")

        with screen.question():
            screen.choose("v1.2")
            screen.tab("Referrers")
        assert "none found" in screen.content()
        screen.keep("explorer-signed")

        with screen.question():
            screen.choose("v1.2")
            screen.tab("Audit")
        assert "none verified" in screen.content()
        assert "never looked at" in screen.content()
        screen.keep("explorer-audit")

        with screen.question():
            screen.choose("v1.1")
            screen.tab("Files")
            screen.row("linux/amd64")
            screen.row("/etc/os-release")
        assert "Demo Linux" in screen.content()
        screen.keep("explorer-file")

        with screen.question():
            screen.choose("v1.2")
            screen.tab("Changes")
            screen.row("linux/amd64")
            screen.pick("files")
        screen.waits_for("/app/main.py")
        screen.keep("explorer-changes")


def test_what_is_on_the_screen_is_in_python(jupyterlab, chromium, tmp_path):
    code = f'{DEMO}explorer = rx.explore(f"{{sandbox.host}}/demo/app:v1.2")\nexplorer'
    told = "print(type(explorer.selected).__name__, explorer.frame['platform'].tolist() if explorer.frame is not None else None)"
    closing = "runs = globals().get('runs', 0) + 1\nif runs > 1: explorer.close()"
    with opened(jupyterlab, chromium, tmp_path, code, told, closing) as screen:
        screen.tab("Platforms")
        assert run_cell(screen, 1).strip() == "Index ['linux/amd64', 'linux/arm64/v8']"
        screen.row("linux/arm64")
        assert run_cell(screen, 1).strip().startswith("Image")
        screen.page.get_by_role("button", name="Copy digest").click()
        screen.page.wait_for_selector(".rx-copy button:text-is('Copied')")
        run_cell(screen, 2)
        screen.page.wait_for_selector(".rx-explorer-still", state="visible")
        assert screen.page.locator(".rx-explorer").count() == 0


def test_100_000_tags(jupyterlab, chromium, tmp_path):
    code = (
        "import json, regexplore as rx\nsandbox = rx.Sandbox().start()\n"
        "sandbox.store.put_blob('big/app', rx.Digest.of(b'{}'), b'{}')\n"
        "config = {'mediaType': rx.media_types.OCI_CONFIG, 'digest': rx.Digest.of(b'{}'), 'size': 2}\n"
        "image = {'schemaVersion': 2, 'mediaType': rx.media_types.OCI_MANIFEST, 'config': config, 'layers': []}\n"
        "sandbox.store.put_manifest('big/app', rx.media_types.OCI_MANIFEST, json.dumps(image).encode(),\n"
        "    tags=[f'v{n}' for n in range(100_000)])\n"
        "explorer = rx.explore(sandbox.registry.repository('big/app'))\nexplorer"
    )
    with opened(jupyterlab, chromium, tmp_path, code, "print(len(sandbox.log))") as screen:
        side = screen.page.locator(".rx-side")
        assert "10,000 tags so far" in side.inner_text()
        assert side.locator("tbody tr").count() == 100
        assert run_cell(screen, 1).strip() == "1"
        side.get_by_role("button", name="later rows").click()
        screen.page.wait_for_selector(".rx-side .rx-window:has-text('101–200 of 10,000')")
        side.get_by_role("searchbox").fill("v123")
        screen.page.wait_for_selector(".rx-side .rx-matches:text-is('111 of 10,000 match')")
        side.get_by_role("searchbox").fill("")
        side.get_by_role("button", name="Load more").click()
        screen.page.wait_for_selector(".rx-side small:text-is('20,000 tags so far')")
        assert run_cell(screen, 1).strip() == "2"
        before = 2
        screen.row("v", ".rx-side")
        assert int(run_cell(screen, 1)) - before <= 2
        screen.keep("explorer-many-tags")


def test_a_long_load_is_cancelled_and_tried_again(jupyterlab, chromium, tmp_path):
    code = (
        f"{DEMO}from regexplore.sandbox.faults import Fault\n"
        'explorer = rx.explore(f"{sandbox.host}/demo/app")\n'
        "rule = sandbox.faults.add(Fault.delay(60), path='*/manifests/*')\nexplorer"
    )
    with opened(jupyterlab, chromium, tmp_path, code, "1 + 1", "sandbox.faults.clear()") as screen:
        run_cell(screen, 2)
        run_cell(screen, 0)
        screen.page.wait_for_selector(".rx-side tr:has-text('v1.2')")
        screen.page.locator(".rx-side tr.rx-open", has_text="v1.2").first.click()
        screen.page.wait_for_selector(".rx-notice .rx-spinner")
        screen.keep("explorer-loading")
        # The kernel is free while the explorer waits.
        assert "2" in run_cell(screen, 1)
        screen.page.get_by_role("button", name="Cancel").click()
        screen.page.wait_for_selector(".rx-content .rx-badge:text-is('error')")
        assert "StoppedError" in screen.content()
        screen.assert_readable()
        run_cell(screen, 2)
        screen.page.get_by_role("button", name="Try again").click()
        screen.page.wait_for_selector(".rx-content .rx-badge:text-is('index')")


def test_a_registry_that_dies_half_way(jupyterlab, chromium, tmp_path):
    code = f'{DEMO}explorer = rx.explore(f"{{sandbox.host}}/demo/app:v1.2")\nexplorer'
    with opened(jupyterlab, chromium, tmp_path, code, "pass", "sandbox.stop()") as screen:
        # The last cell has run: the registry is gone, what was read is still there.
        assert "linux/arm64" in screen.content()
        screen.tab("Manifest")
        assert "schemaVersion" in screen.content()
        screen.choose("v1.1")
        screen.page.wait_for_selector(".rx-content .rx-badge:text-is('error')", timeout=90_000)
        assert "what to do" in screen.content()
        screen.assert_readable()
        screen.keep("explorer-error")
        screen.page.get_by_role("button", name="Back", exact=True).click()
        screen.settle()
        assert "schemaVersion" in screen.content()


def test_a_name_is_typed_where_there_is_no_list(jupyterlab, chromium, tmp_path):
    code = (
        "import regexplore as rx\nfrom regexplore.sandbox.faults import Fault\n"
        "sandbox = rx.Sandbox.demo()\nsandbox.faults.add(Fault.status(404), path='*/_catalog')\n"
        "explorer = rx.explore(sandbox.start().registry)\nexplorer"
    )
    with opened(jupyterlab, chromium, tmp_path, code) as screen:
        assert "Error" in screen.page.locator(".rx-side .rx-problem").first.inner_text()
        screen.assert_readable()
        screen.page.get_by_label("repository[:tag]").fill("demo/app:v1.1")
        screen.page.keyboard.press("Enter")
        screen.settle()
        assert screen.crumbs()[1:] == ["demo/app", "v1.1"]
        screen.keep("explorer-by-name")


def test_with_the_keyboard_alone(jupyterlab, chromium, tmp_path):
    code = f'{DEMO}explorer = rx.explore(f"{{sandbox.host}}/demo/app")\nexplorer'
    with opened(jupyterlab, chromium, tmp_path, code) as screen:
        keys = screen.page.keyboard
        screen.page.locator(".rx-side tr.rx-open[tabindex='0']").last.focus()
        keys.press("Home")
        keys.press("ArrowDown")
        keys.press("Enter")
        screen.settle()
        assert screen.crumbs()[-1] == "v1.1"
        screen.page.locator(".rx-tabs button[aria-selected='true']").focus()
        keys.press("ArrowRight")
        keys.press("Enter")
        screen.settle()
        assert screen.page.locator(".rx-tabs button[aria-selected='true']").inner_text() == "Manifest"
        # The notebook did not take the keys for its own.
        assert screen.page.locator(".jp-CodeCell").count() == 1


def test_t3_hostile_strings_run_nothing(jupyterlab, chromium, tmp_path):
    code = f'{DEMO}explorer = rx.explore(f"{{sandbox.host}}/troubles/hostile-strings:v0.1")\nexplorer'
    with opened(jupyterlab, chromium, tmp_path, code) as screen:
        for title in screen.tabs():
            screen.tab(title)
        screen.tab("Manifest")
        assert "img src=x" in screen.content()
        assert screen.page.evaluate("window.__pwn") is None
        found = screen.page.locator(".rx-explorer").locator("a[href^='javascript'], script, [onerror]")
        assert found.count() == 0


def test_a_saved_notebook_shows_what_was_on_the_screen(jupyterlab, chromium, tmp_path):
    code = f'{DEMO}explorer = rx.explore(f"{{sandbox.host}}/demo/app:v1.2")\nexplorer'
    with opened(jupyterlab, chromium, tmp_path, code) as screen:
        screen.tab("Platforms")
        assert not screen.page.locator(".rx-explorer-still").is_visible()
        screen.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save').then(() => 1)")
    with jupyterlab.notebook(chromium, "explorer.ipynb") as lab:
        lab.page.wait_for_selector(".rx-explorer-still")
        shown = lab.page.locator(".rx-explorer-still")
        assert shown.is_visible()
        assert "linux/arm64" in shown.inner_text()


@pytest.mark.interop
def test_a_real_image_in_a_registry_of_others(debian_repository, jupyterlab, chromium, tmp_path):
    code = f'import regexplore as rx\nexplorer = rx.explore("{debian_repository}:v1")\nexplorer'
    with opened(jupyterlab, chromium, tmp_path, code) as screen:
        assert set(screen.tabs()) == set(IMAGE_TABS)
        for title in screen.tabs():
            screen.tab(title)
            assert "error" not in screen.page.locator(".rx-content .rx-badge").all_inner_texts(), title
            assert screen.content().strip()
            screen.assert_readable()
        with screen.question():
            screen.tab("Files")
            screen.page.locator(".rx-content input").fill("debian_version")
            screen.settle()
            screen.row("/etc/debian_version")
        assert screen.content().strip()


@pytest.mark.interop
def test_what_oras_attached_in_the_go_registry(go_registry, jupyterlab, chromium, tmp_path):
    oras = tools.tool("oras")
    if oras is None:
        pytest.skip("oras is not installed")
    name = f"{go_registry}/browser/app"
    (tmp_path / "hello.txt").write_text("hello")
    (tmp_path / "sbom.json").write_text('{"spdxVersion": "SPDX-2.3"}')
    for words in (
        ("push", "--plain-http", f"{name}:v1", "hello.txt:text/plain"),
        ("attach", "--plain-http", "--artifact-type", "application/spdx+json", f"{name}:v1", "sbom.json"),
    ):
        subprocess.run([oras, *words], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    code = f'import regexplore as rx\nexplorer = rx.explore("{name}")\nexplorer'
    with opened(jupyterlab, chromium, tmp_path, code) as screen:
        screen.choose("v1")
        for title in screen.tabs():
            screen.tab(title)
            assert "error" not in screen.page.locator(".rx-content .rx-badge").all_inner_texts(), title
            screen.assert_readable()
        screen.tab("Referrers")
        assert "application/spdx+json" in screen.content()
        screen.row("application/spdx+json")
        assert len(screen.crumbs()) > 2


def test_the_same_in_notebook_7(jupyterlab, chromium, tmp_path):
    code = f'{DEMO}explorer = rx.explore(f"{{sandbox.host}}/demo/app")\nexplorer'
    cells = [nbformat.v4.new_code_cell(code)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), jupyterlab.folder / "seven.ipynb")
    with jupyterlab.notebook(chromium, "seven.ipynb", height=1400, front="notebooks") as lab:
        # Of the front end itself: some plugins are made for JupyterLab only.
        before = list(lab.errors)
        lab.run_all()
        lab.page.wait_for_selector(".rx-explorer .rx-tabs button")
        screen = Screen(lab, tmp_path)
        screen.settle()
        screen.choose("v1.2")
        screen.tab("Platforms")
        screen.row("linux/amd64")
        screen.tab("Layers")
        assert "apt-get" in screen.content()
        screen.assert_readable()
        screen.keep("explorer-notebook-7")
        assert lab.strangers == []
        assert lab.errors == before
