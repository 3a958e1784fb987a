"""Pictures from DOT, by a program on this machine: Graphviz' ``dot``, else ``graphviz-pure``.

A missing program is an answer with a reason, never a traceback; a slow one is stopped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from functools import lru_cache

TIMEOUT = 60.0
FORMATS = ("svg", "png", "pdf")
HOW_TO_INSTALL = (
    "For pictures install Graphviz (apt install graphviz, brew install graphviz) "
    "or pip install 'regexplore[dot]'."
)
_PNG_DPI = "144"


@dataclass(frozen=True, slots=True)
class Rendering:
    """A picture, or why there is none.

    Attributes
    ----------
    content : bytes or None
    reason : str
    """

    content: bytes | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Engine:
    """A layout program: where it is, and what it writes."""

    path: str
    formats: tuple[str, ...]


def engines() -> list[Engine]:
    """Return the layout programs on the PATH or beside this Python, best first."""
    known = (("dot", FORMATS), ("graphviz-pure", ("svg", "png")))
    # A kernel often runs in an environment whose programs are not on the PATH.
    places = os.pathsep.join(filter(None, [os.environ.get("PATH"), sysconfig.get_path("scripts")]))
    found = ((shutil.which(name, path=places), formats) for name, formats in known)
    return [Engine(path, formats) for path, formats in found if path]


def render(dot_source: str, form: str = "svg", timeout: float = TIMEOUT) -> Rendering:
    """Lay out DOT source.

    Parameters
    ----------
    dot_source : str
    form : str
        ``svg``, ``png`` or ``pdf``.
    timeout : float
        Seconds.

    Raises
    ------
    ValueError
        For another form.
    """
    if form not in FORMATS:
        raise ValueError(f"a picture is one of {', '.join(FORMATS)}, not {form!a}")
    usable = [engine for engine in engines() if form in engine.formats]
    if not usable:
        return Rendering(None, HOW_TO_INSTALL)
    rendering = Rendering(None)
    for engine in usable:
        rendering = _run(engine.path, form, dot_source, timeout)
        if rendering.content is not None:
            break
    return rendering


@lru_cache(maxsize=16)
def _run(path: str, form: str, dot_source: str, timeout: float) -> Rendering:
    command = [path, f"-T{form}", *([f"-Gdpi={_PNG_DPI}"] if form == "png" else [])]
    try:
        done = subprocess.run(  # noqa: S603  # a program found on the PATH, with arguments of our own
            command, input=dot_source.encode(), capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return Rendering(None, f"the layout took longer than {timeout:.0f} s and was stopped")
    except OSError as error:
        return Rendering(None, f"{path} could not be started: {error.strerror}")
    if done.returncode or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return Rendering(None, f"{path} failed: {said[0] if said else f'exit code {done.returncode}'}")
    return Rendering(done.stdout)
