"""What readers without a kernel see: graphs saved as files, notebooks made into pages. Nothing comes from a network."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from support import contrast, supply_chain
from support.markup_oracle import PAYLOADS

from regexplore.content.node import Edge, Node
from regexplore.graph.model import ContentGraph
from regexplore.objects.graph import Graph
from regexplore.oci import Descriptor, Digest

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

ROOT = Path(__file__).parents[2]
PICTURES = os.environ.get("REGEXPLORE_PICTURES")
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
PAINTED = """selector => [...document.querySelectorAll(selector)].filter(svg => {
  const box = svg.getBoundingClientRect();
  return box.width > 20 && box.height > 10;
}).length"""


@pytest.fixture
def page(chromium, request):
    """A page that notes and stops whatever is not a file."""
    theme = getattr(request, "param", "light")
    context = chromium.new_context(viewport={"width": 1200, "height": 900}, color_scheme=theme)
    page = context.new_page()
    page.strangers, page.problems = [], []
    page.on("pageerror", lambda error: page.problems.append(str(error)))

    def route(route):
        if route.request.url.startswith(("file:", "data:", "blob:")):
            route.continue_()
        else:
            page.strangers.append(route.request.url)
            route.abort()

    context.route("**/*", route)
    yield page
    context.close()


def keep(page, folder, name):
    path = (Path(PICTURES) if PICTURES else folder) / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path)
    assert path.stat().st_size > 5_000


TEXT_OUTSIDE = """() => [...document.querySelectorAll('g.rxg-n')].flatMap(node => {
  const shapes = [...node.querySelectorAll('path, polygon')].map(one => one.getBoundingClientRect());
  const [left, right] = [Math.min(...shapes.map(b => b.left)), Math.max(...shapes.map(b => b.right))];
  return [...node.querySelectorAll('text')].filter(text => {
    const box = text.getBoundingClientRect();
    return box.left < left - 1 || box.right > right + 1;
  }).map(text => text.textContent);
})"""


@pytest.mark.parametrize("tags", [1, 6, 68])
def test_no_text_leaves_its_node(page, tmp_path, tags):
    graph = Graph.of(supply_chain.large(tags), progress=False)
    page.goto(graph.save(tmp_path / "graph.svg").as_uri())
    assert page.locator("g.rxg-n").count() > 5
    assert page.evaluate(TEXT_OUTSIDE) == []
    assert page.problems == []


@pytest.mark.parametrize("page", ["light", "dark"], indirect=True)
def test_a_saved_page_opens_without_a_network(page, tmp_path, request):
    graph = Graph.of(supply_chain.demo(), name="localhost:5000/demo/app", progress=False)
    page.goto(graph.save(tmp_path / "graph.html").as_uri())
    assert page.evaluate(PAINTED, "svg.rxg") == 1
    assert page.locator("g.rxg-n").count() == len(graph.content) - 1  # the empty config is not drawn
    page.locator("summary", has_text="Tree").click()
    assert "SPDX SBOM" in page.locator("pre").inner_text()
    told = page.evaluate(contrast.WORST, ".rx-card")
    assert told["seen"] > 4
    assert told["worst"] == []
    assert page.strangers == page.problems == []
    page.locator("summary", has_text="Tree").click()
    keep(page, tmp_path, f"graph-page-{request.node.callspec.params['page']}")


@pytest.mark.parametrize("form", ["svg", "png"])
def test_saved_pictures_open_without_a_network(page, tmp_path, form):
    graph = Graph.of(supply_chain.demo(), progress=False)
    page.goto(graph.save(tmp_path / f"graph.{form}").as_uri())
    page.wait_for_selector("svg.rxg g.rxg-n" if form == "svg" else "img")
    assert page.evaluate(PAINTED, "svg.rxg, img") == 1
    assert page.strangers == page.problems == []


@pytest.mark.parametrize("form", ["svg", "html"])
def test_t1_no_payload_runs_in_a_saved_file(page, tmp_path, form):
    page.goto(hostile().save(tmp_path / f"hostile.{form}", limit=10_000).as_uri())
    page.wait_for_timeout(300)
    assert page.evaluate("window.__pwn") is None
    assert page.locator("script, [onerror], [onload], foreignObject, a, iframe, img").count() == 0
    assert page.locator("g.rxg-n").count() == len(hostile().content)
    assert page.strangers == page.problems == []


def hostile() -> Graph:
    """Every payload as a tag, as a title, as an artifact type, as an annotation and as an error."""
    nodes, edges = {}, []
    for payload in PAYLOADS:
        digest = Digest.of(payload.encode("utf-8", "replace"))
        described = Descriptor(
            media_type="application/vnd.oci.image.manifest.v1+json",
            digest=digest,
            size=1,
            annotations={"org.opencontainers.image.title": payload, payload: payload},
        )
        tag = Node(id=f"tag {payload}", kind="tag", name=payload)
        artifact = Node(
            id=str(digest),
            kind="artifact",
            descriptor=described,
            artifact_type=payload,
            annotations=described.annotations,
            state="failed",
            error=payload,
        )
        nodes |= {tag.id: tag, artifact.id: artifact}
        edges.append(Edge(tag.id, artifact.id, "tag"))
    return Graph(ContentGraph(nodes=nodes, edges=tuple(edges), title=PAYLOADS[0], roots=tuple(nodes)[:1]))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_notebook_keeps_its_pictures_as_a_page(page, tmp_path, name):
    notebook = nbformat.read(ROOT / "notebooks" / name, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    forms = html_forms(notebook)
    drawn = sum(form.count("<svg") for form in forms)
    cards = sum(form.count('class="rx-card"') for form in forms)
    assert drawn + cards > 1
    page.goto(as_page(notebook, tmp_path).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert page.evaluate(PAINTED, ".jp-OutputArea-output svg") == drawn
    assert page.locator(".jp-OutputArea-output .rx-card").count() == cards
    assert "model not found" not in page.locator("body").inner_text()


def test_a_page_made_of_widgets_shows_their_still_forms(page, tmp_path):
    code = (
        "import regexplore as rx\nsandbox = rx.Sandbox.demo().start()\n"
        "repo = sandbox.registry.repository('demo/app')\nrepo.graph('v1.2', progress=False).widget()"
    )
    explorer = "rx.explore(repo)"
    cells = [nbformat.v4.new_code_cell(cell) for cell in (code, explorer)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)
    NotebookClient(notebook, timeout=120).execute()
    page.goto(as_page(notebook, tmp_path).as_uri())
    assert page.evaluate(PAINTED, ".jp-OutputArea-output svg.rxg") == 1
    assert page.locator(".rx-explorer-still").is_visible()
    keep(page, tmp_path, "notebook-as-page")


def html_forms(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]


def as_page(notebook, folder: Path) -> Path:
    body, _ = HTMLExporter().from_notebook_node(notebook)
    path = folder / "notebook.html"
    path.write_text(body, encoding="utf-8")
    return path
