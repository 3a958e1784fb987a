"""The explorer as a page of its own, without a notebook: Voilà shows a notebook of one cell, on loopback only.

The page runs with the reader's credentials, so it asks for a token, as Jupyter does.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from regexplore.errors import MissingExtraError
from regexplore.explorer.target import open_target

NAME = "explorer.ipynb"
STOP_SECONDS = 10


def serve_page(
    target: str, *, port: int, browser: bool = True, tell: Callable[[str], None], **changes: Any
) -> None:
    """Serve the explorer until it is interrupted.

    Parameters
    ----------
    target
        As `regexplore.explore` takes it.
    port
        On 127.0.0.1.
    browser
        Whether to open the page.
    tell
        Called with a line for the reader: the address, its token included.
    **changes
        Plain values for `regexplore.explore`, such as ``plain_http=True``.

    Raises
    ------
    MissingExtraError
        Voilà is not installed.
    InvalidReferenceError
        The text is neither a path nor a reference.
    """
    if find_spec("voila") is None:
        raise MissingExtraError("voila", "voila")
    open_target(target, **changes)
    with TemporaryDirectory(prefix="regexplore-") as folder:
        notebook = Path(folder, NAME)
        notebook.write_text(json.dumps(_notebook(_absolute(target), changes)), "utf-8")
        # In the environment and not in the command line, which every user of the machine can read.
        token = os.environ.get("JUPYTER_TOKEN") or secrets.token_urlsafe(24)
        tell(f"The explorer is at http://127.0.0.1:{port}/?token={token} until Ctrl-C.")
        process = subprocess.Popen(  # noqa: S603  # our own interpreter, arguments as a list
            _command(notebook, port, browser), env={**os.environ, "JUPYTER_TOKEN": token}
        )
        try:
            process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait(STOP_SECONDS)


def _command(notebook: Path, port: int, browser: bool) -> list[str]:
    command = [
        sys.executable,
        "-m",
        "voila",
        str(notebook),
        f"--port={port}",
        "--token",
        "--Voila.ip=127.0.0.1",
        "--Voila.port_retries=0",
    ]
    return command if browser else [*command, "--no-browser"]


def _absolute(target: str) -> str:
    """Give a path that the kernel finds too; it runs in a folder of its own."""
    path = Path(target).expanduser()
    return str(path.resolve()) if path.exists() else target


def _notebook(target: str, changes: dict[str, Any]) -> dict[str, Any]:
    code = f"import regexplore as rx\n\nrx.explore({target!r}, **{changes!r})"
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "explorer",
        "metadata": {},
        "source": code,
        "outputs": [],
        "execution_count": None,
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": [cell]}
