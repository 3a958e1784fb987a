"""Every lesson in JupyterLab from top to bottom: run once, looked at in both themes."""

import math
import os
from pathlib import Path

import pytest
from support import contrast, lessons

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

PICTURES = os.environ.get("REGEXPLORE_PICTURES")
WIDTH, HEIGHT = 1400, 1600
ALL = sorted(path.name for path in lessons.NOTEBOOKS.glob("*.ipynb"))

# Outputs that the documentation shows: the file, and words of the cell that makes it.
SHOTS = {
    "01-first-look.ipynb": {
        "first-look": "tags = repo.tags",
        "card": "image = repo.get",
        "graph": "graph = image.graph()",
    }
}

# A page that changes its theme shows nothing for a moment.
SHOWN = "place => [...document.querySelectorAll(place)].some(each => each.checkVisibility())"
PICTURE = ".jp-OutputArea-output :is(svg, img)"
# What a reader would have to push to and fro.
TOO_WIDE = """() => [...document.querySelectorAll('.jp-OutputArea-output')]
  .filter(e => e.scrollWidth > e.clientWidth + 1)
  .map(e => [e.scrollWidth - e.clientWidth, e.innerText.slice(0, 60)])"""
# What is wider than the place it has, and cannot be scrolled to.
CLIPPED = """() => {
  const scrolls = e => ['auto', 'scroll'].includes(getComputedStyle(e).overflowX);
  const found = [];
  for (const e of document.querySelectorAll('.jp-OutputArea-output svg, .jp-OutputArea-output img, .jp-OutputArea-output table')) {
    if (!e.checkVisibility() || e.parentElement.closest('svg')) continue;
    const box = e.getBoundingClientRect();
    for (let p = e.parentElement; p && !p.matches('.jp-Notebook'); p = p.parentElement) {
      const place = p.getBoundingClientRect();
      if (scrolls(p)) break;
      if (getComputedStyle(p).overflowX !== 'visible' && box.right > place.right + 1) {
        found.push([e.tagName, p.className, Math.round(box.right - place.right)]);
        break;
      }
    }
  }
  return found;
}"""
# Pictures must be there at all: a height of nothing is a picture nobody sees.
FLAT = """() => [...document.querySelectorAll('.jp-OutputArea-output svg, .jp-OutputArea-output img')]
  .filter(e => e.checkVisibility() && !e.parentElement.closest('svg'))
  .map(e => e.getBoundingClientRect()).filter(box => box.width < 20 || box.height < 10).length"""
# Text in pictures has no background of its own in the style: it is held against the page.
PALE = """() => {
  const channel = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const numbers = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const page = numbers(getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor);
  const ground = page.length === 4 && page[3] === 0 ? numbers(getComputedStyle(document.body).backgroundColor) : page;
  const pale = [];
  for (const e of document.querySelectorAll('.jp-OutputArea-output svg text[fill=currentColor]')) {
    const [a, b] = [light(numbers(getComputedStyle(e).fill)), light(ground)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) pale.push([ratio.toFixed(2), e.textContent.slice(0, 30)]);
  }
  return pale;
}"""

LENGTH = "document.querySelector('.jp-Notebook .jp-WindowedPanel-outer').scrollHeight"
SCROLL = "top => { document.querySelector('.jp-Notebook .jp-WindowedPanel-outer').scrollTop = top }"


@pytest.mark.parametrize("name", ALL)
def test_a_lesson_reads_well_light_and_dark(jupyterlab, chromium, tmp_path, name):
    with jupyterlab.notebook(chromium, name, width=WIDTH, height=HEIGHT) as lab:
        page = lab.page
        lab.theme("JupyterLab Light")
        lab.run_all()
        assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").all_inner_texts() == []
        assert page.locator("[data-mime-type='application/vnd.jupyter.error']").all_inner_texts() == []
        assert page.locator(".jp-OutputArea-output .rx-card").count() > 0
        assert page.locator(PICTURE).count() > 0
        for theme in ("Light", "Dark"):
            lab.theme(f"JupyterLab {theme}")
            for place in (".jp-OutputArea-output", ".jp-RenderedMarkdown"):
                page.wait_for_function(SHOWN, arg=place)
                told = page.evaluate(contrast.WORST, place)
                assert told["seen"] > 5
                assert told["worst"] == []
            assert page.evaluate(PALE) == []
            assert page.evaluate(CLIPPED) == []
            assert page.evaluate(FLAT) == 0
            assert page.evaluate(TOO_WIDE) == []
            keep(page, tmp_path, f"{Path(name).stem}-{theme.lower()}")
            for shot, words in SHOTS.get(name, {}).items():
                take(lab.output(code_cell(name, words)), tmp_path, f"{shot}-{theme.lower()}")
        assert "JupyterLab" in page.title()  # a payload of lesson 12 would set another
        assert lab.strangers == []
        assert lab.errors == []


def code_cell(name, words):
    cells = [cell.source for cell in lessons.cells(lessons.NOTEBOOKS / name) if cell.cell_type == "code"]
    return next(n for n, source in enumerate(cells) if words in source)


def keep(page, tmp_path, name):
    """Store the notebook from top to bottom, a screen each, where pictures are asked for; the first in any case."""
    screens = math.ceil(page.evaluate(LENGTH) / (HEIGHT - 120)) if PICTURES else 1
    for n in range(screens):
        page.evaluate(SCROLL, n * (HEIGHT - 120))
        take(page.locator(".jp-Notebook"), tmp_path, f"{name}-{n:02}")


def take(place, tmp_path, name):
    """Store a picture of a place, for people to look at where that is asked for."""
    path = (Path(PICTURES) if PICTURES else tmp_path) / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    place.screenshot(path=path)
    assert path.stat().st_size > 5_000
