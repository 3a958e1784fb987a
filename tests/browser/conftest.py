"""Fixtures: JupyterLab and Chromium, once for all browser tests of a worker."""

import shutil
from pathlib import Path

import pytest
from support import lab

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory):
    if lab.CHROMIUM is None:
        pytest.skip("chromium is not installed")
    folder = tmp_path_factory.mktemp("notebooks")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(path, folder)
    with lab.running_lab(folder, tmp_path_factory.mktemp("lab")) as running:
        running.folder = folder
        yield running


@pytest.fixture(scope="session")
def chromium(jupyterlab):
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=lab.FLAGS)
        yield browser
        browser.close()
