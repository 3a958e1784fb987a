"""Explanations and the drawing of a trace, as a page shows them: readable in both themes, and nothing hostile runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support import contrast
from support.markup_oracle import PAYLOADS

import regexplore as rx
from regexplore.objects.sequence import sequence_diagram
from regexplore.remote.trace import Exchanges
from regexplore.sandbox import SandboxServer

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

PICTURES = os.environ.get("REGEXPLORE_PICTURES")
GROUND = {"light": "#ffffff", "dark": "#212121"}
# Texts of a drawing have no ground of their own: it is that of the drawing.
FAINT = """() => {
  const channel = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 };
  const light = text => {
    const [r, g, b] = text.match(/[\\d.]+/g).map(Number);
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  };
  const ground = light(getComputedStyle(document.querySelector('svg.rx-seq')).backgroundColor);
  return [...document.querySelectorAll('svg.rx-seq text')].filter(text => {
    const ink = light(getComputedStyle(text).fill);
    return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05) < 4.5;
  }).map(text => text.textContent);
}"""


@pytest.fixture(params=["light", "dark"])
def shown(request, chromium, tmp_path):
    """A function that shows markup on a page of a theme, and gives the page."""
    theme = request.param
    context = chromium.new_context(viewport={"width": 1160, "height": 900})
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on(
        "request", lambda asked: None if asked.url.startswith("file:") else page.problems.append(asked.url)
    )

    def show(markup: str, name: str = ""):
        path = tmp_path / "page.html"
        style = f"background:{GROUND[theme]};margin:8px"
        path.write_text(f"<!doctype html><html data-theme='{theme}'><body style='{style}'>{markup}", "utf-8")
        page.goto(path.as_uri())
        if name:
            folder = Path(PICTURES) if PICTURES else tmp_path
            page.locator(".rx-card").first.screenshot(path=folder / f"{name}-{theme}.png")
        return page

    yield show
    context.close()


def html(shown_object) -> str:
    return shown_object._repr_mimebundle_()["text/html"]


def test_a_push_with_a_token_as_a_drawing(shown):
    with SandboxServer(auth="token", users={"ada": "lovelace"}) as server:
        options = {"credential": rx.Credential("ada", "lovelace"), "plain_http": True}
        repo = rx.Repository(f"{server.host}/demo/app", **options)
        content = rx.Descriptor.from_bytes("text/plain", b"hello")
        with rx.trace() as wire:
            repo.blobs.push(content, b"hello")
            repo.blobs.exists(content)
    page = shown(html(wire.diagram()), "wire")
    assert page.evaluate(FAINT) == []
    told = page.evaluate(contrast.WORST, ".rx-card")
    assert told["seen"] > 4
    assert told["worst"] == []
    assert page.locator("svg.rx-seq rect").count() == 3  # this process, the registry, the token server
    assert page.locator("svg.rx-seq g title").count() == 3 + 2 * len(wire)
    box = page.locator("svg.rx-seq").bounding_box()
    for text in page.locator("svg.rx-seq text").all():
        place = text.bounding_box()
        assert place["x"] >= box["x"]
        assert place["x"] + place["width"] <= box["x"] + box["width"] + 1
    assert page.problems == []


def test_an_explained_manifest(shown):
    with rx.Sandbox.demo() as sandbox:
        image = sandbox.registry.repository("demo/app").get("v1.2")["linux/amd64"]
    page = shown(html(rx.explain(image)), "explain")
    told = page.evaluate(contrast.WORST, ".rx-card")
    assert told["seen"] > 20
    assert told["worst"] == []
    assert "how the content is to be read" not in page.locator("summary").first.inner_text()
    assert page.locator("pre", has_text="descriptors of the layers, base first").is_visible()
    assert page.problems == []


def test_t7_no_payload_runs_in_a_drawing(shown):
    with rx.trace() as wire:
        for payload in PAYLOADS:
            Exchanges(payload, f"http://{payload}/v2/{payload}", {}, 0).answered(
                200, {payload: payload}, None, payload
            )
    page = shown(html(sequence_diagram(wire.events)) + html(rx.explain(wire)))
    page.wait_for_timeout(200)
    assert page.evaluate("window.__pwn") is None
    assert page.locator("script, [onerror], [onload], foreignObject, iframe, img").count() == 0
    assert page.problems == []
