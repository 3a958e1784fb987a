"""JupyterLab on loopback, driven in Chromium: what a reader of a notebook sees."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 60
STEP_MILLISECONDS = 30_000

# The indicator in the tool bar says "idle" before the kernel is connected; this does not.
KERNEL_READY = """() => Promise.race([new Promise(done => setTimeout(() => done(0), 60000)), (async () => {
  const app = window.jupyterapp;
  for (let n = 0; n < 600; n++) {
    const context = app?.shell?.currentWidget?.context?.sessionContext;
    if (context) {
      await app.shell.currentWidget.context.ready;
      await context.ready;
      const kernel = context.session?.kernel;
      if (kernel?.connectionStatus === 'connected') { await kernel.info; if (kernel.status === 'idle') return 1; }
    }
    await new Promise(done => setTimeout(done, 100));
  }
  return 0;
})()])"""
RUN_ALL = """() => Promise.race([
  new Promise(done => setTimeout(() => done(0), 90000)),
  window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => 1),
])"""
THEME = """async (name) => {
  await window.jupyterapp.commands.execute('apputils:change-theme', {theme: name});
  for (let n = 0; n < 100 && document.body.dataset.jpThemeName !== name; n++)
    await new Promise(done => setTimeout(done, 50));
  return document.body.dataset.jpThemeName;
}"""


class Lab:
    """A running JupyterLab and a folder of notebooks."""

    def __init__(self, url: str) -> None:
        self.url = url

    @contextlib.contextmanager
    def notebook(
        self, browser, name: str, *, width: int = 1500, height: int = 1900, front: str = "lab/tree"
    ) -> Iterator[Page]:
        """Open a notebook with its kernel ready; nothing may leave this machine.

        ``front`` is ``lab/tree`` for JupyterLab, ``notebooks`` for Notebook 7.
        """
        context = browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        page.set_default_timeout(STEP_MILLISECONDS)
        opened = Page(page, self.url)
        page.on("pageerror", lambda error: opened.errors.append(str(error)))
        context.route("**/*", opened.route)
        page.goto(f"{self.url}/{front}/{name}?reset")
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=START_SECONDS * 1000)
        assert page.evaluate(KERNEL_READY) == 1
        try:
            yield opened
        finally:
            context.close()
            self._end_sessions()

    def _end_sessions(self) -> None:
        with urllib.request.urlopen(f"{self.url}/api/sessions", timeout=30) as answer:
            sessions = json.load(answer)
        for session in sessions:
            request = urllib.request.Request(f"{self.url}/api/sessions/{session['id']}", method="DELETE")
            urllib.request.urlopen(request, timeout=30).close()


class Page:
    """An open notebook."""

    def __init__(self, page, url: str) -> None:
        self.page = page
        self.url = url
        self.errors: list[str] = []
        self.strangers: list[str] = []

    def route(self, route) -> None:
        """Let requests to the server through; note and stop all others."""
        if route.request.url.startswith((self.url, "data:", "blob:")):
            route.continue_()
        else:
            self.strangers.append(route.request.url)
            route.abort()

    def run_all(self) -> None:
        """Run every cell and wait for the last."""
        assert self.page.evaluate(RUN_ALL) == 1, "the cells did not finish"

    def theme(self, name: str) -> None:
        """Switch to ``JupyterLab Light`` or ``JupyterLab Dark``."""
        assert self.page.evaluate(THEME, name) == name

    def output(self, cell: int):
        """The output of the n-th code cell."""
        return self.page.locator(".jp-CodeCell").nth(cell).locator(".jp-Cell-outputArea")


@contextlib.contextmanager
def running_lab(folder: Path, state: Path) -> Iterator[Lab]:
    """Start JupyterLab on a folder, with all its own files below ``state``."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = state / "settings"
    _write(
        settings / "@jupyterlab/apputils-extension/notification.jupyterlab-settings",
        {"fetchNews": "false", "checkForUpdates": False},
    )
    _write(settings / "@jupyterlab/notebook-extension/tracker.jupyterlab-settings", {"windowingMode": "none"})
    variables = {
        name: str(state / name.lower())
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "IPYTHONDIR",
            "JUPYTERLAB_WORKSPACES_DIR",
        )
    }
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password=", f"--ServerApp.root_dir={folder}",
        "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly", "--LabApp.expose_app_in_browser=True", "--ServerApp.disable_check_xsrf=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]  # fmt: skip
    environment = {**os.environ, **variables, "JUPYTERLAB_SETTINGS_DIR": str(settings)}
    with (state / "lab.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_up(process, url, state / "lab.log")
            yield Lab(url)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:  # a machine that is busy with other tests
                process.kill()
                process.wait()


def _wait_until_up(process: subprocess.Popen, url: str, log: Path) -> None:
    for _ in range(START_SECONDS * 5):
        assert process.poll() is None, log.read_text()[-3000:]
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/api/status", timeout=2):
            return
        time.sleep(0.2)
    raise TimeoutError(log.read_text()[-3000:])


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
