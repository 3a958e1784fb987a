"""The page of an audit as a reader opens it: from a file, without a network, light and dark, nothing cut off."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support import contrast
from support.demo_audit import demo_policy

import regexplore as rx

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
PICTURES = os.environ.get("REGEXPLORE_PICTURES")
# Texts of the pictures that lie outside of them.
CUT_OFF = """() => [...document.querySelectorAll('svg text')].filter(text => {
  const box = text.getBBox(), all = text.ownerSVGElement.viewBox.baseVal;
  return box.x < 0 || box.y < 0 || box.x + box.width > all.width + 1 || box.y + box.height > all.height + 1;
}).map(text => text.textContent)"""
# Cells whose words stand one letter below the other.
SQUEEZED = """() => [...document.querySelectorAll('td, th')].filter(cell =>
  cell.checkVisibility() && cell.textContent.length > 3 && cell.clientWidth < 30).length"""


@pytest.fixture(scope="module")
def report_page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    with rx.Sandbox.demo() as sandbox:
        report = rx.audit(sandbox.registry, policy=demo_policy(folder), depth="files", progress=None)
    return report.save(folder / "report.html")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_reads_well(chromium, report_page: Path, theme: str) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme=theme)
    page = context.new_page()
    problems, asked = [], []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report_page.as_uri())
    assert asked == [report_page.as_uri()]
    assert problems == []
    assert page.locator("h1").text_content().startswith("Audit of ")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        "no sideways scrolling of the page"
    )
    assert page.evaluate(CUT_OFF) == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (theme == "dark")
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/audit-report-{theme}.png")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert page.evaluate(SQUEEZED) == 0
    found = page.evaluate(contrast.WORST, ".rx-page")
    assert found["seen"] > 1_000
    assert found["worst"] == []
    assert page.locator("details[open]").count() == 5
    context.close()
