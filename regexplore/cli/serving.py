"""Commands that serve the embedded registry, and show what regexplore does with it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regexplore.cli.common import app, note, print_frame
from regexplore.errors import MissingExtraError, RegexploreError
from regexplore.lessons.contents import INDEX, lessons_in
from regexplore.show.escape import terminal

if TYPE_CHECKING:
    from regexplore.objects import Sandbox


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="0 for a free one.", min=0, max=65535)] = 5050,
    profile: Annotated[str, typer.Option(help="Which kind of registry to play; 'list' prints them.")] = "oci",
    storage: Annotated[Path | None, typer.Option(help="Folder for OCI layouts; memory without it.")] = None,
    auth: Annotated[str | None, typer.Option(help="basic or token; user and password are demo.")] = None,
    tls: Annotated[bool, typer.Option("--tls", help="HTTPS under a throw-away authority.")] = False,
    empty: Annotated[bool, typer.Option("--empty", help="Without the demo content.")] = False,
    load: Annotated[
        list[str] | None, typer.Option(metavar="NAME=LAYOUT", help="Serve an OCI layout as a repository.")
    ] = None,
    faults: Annotated[
        Path | None, typer.Option(help="A JSON file of rules: what goes wrong, and when.")
    ] = None,
) -> None:
    """Serve an embedded registry until Ctrl-C."""
    from regexplore.sandbox.profiles import PROFILES

    if profile == "list":
        for known in PROFILES.values():
            typer.echo(f"{known.name:18} {known.summary}")
        return
    try:
        server = make_sandbox(
            profile=profile, storage=storage, auth=auth, tls=tls, port=port, faults=read_faults(faults)
        )
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from None
    try:
        fill(server, empty, load or ())
    except (ValueError, OSError) as error:
        server.stop()
        raise typer.BadParameter(str(error)) from None
    with server:
        print_what_to_try(server, empty)
        wait_for_interrupt()
    typer.echo("stopped")


@app.command()
def demo(
    no_lab: Annotated[
        bool, typer.Option("--no-lab", help="Stop after the files; do not open JupyterLab.")
    ] = False,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the files.")] = Path(
        "demo-output"
    ),
    notebooks: Annotated[Path, typer.Option(help="Folder that JupyterLab opens.")] = Path("notebooks"),
) -> None:
    """Start a sandbox with a supply chain in it, look at it, draw it, and open the lessons."""
    with make_sandbox() as server:
        load_demo(server)
        show_demo(server, output)
    if notebooks.is_dir():
        print_lessons(notebooks)
    if no_lab or not can_open_lab(notebooks):
        return
    typer.echo(f"\nopening JupyterLab on {notebooks}/ (Ctrl-C ends it)")
    subprocess.run(lab_command(notebooks), check=False)  # noqa: S603


def make_sandbox(**settings: Any) -> Sandbox:
    """Return a sandbox, or say which extra is missing."""
    try:
        from regexplore.objects.sandbox import Sandbox
    except ImportError as error:
        raise MissingExtraError(error.name or "uvicorn", "sandbox") from None
    return Sandbox(**settings)


def fill(server: Sandbox, empty: bool, layouts: Iterable[str]) -> None:
    """Put the demo content, and layouts with the names of their repositories, into a sandbox."""
    if not empty:
        load_demo(server)
    for entry in layouts:
        name, _, layout = entry.partition("=")
        server.load(layout, name)


def load_demo(server: Sandbox) -> None:
    """Put the demo content into a sandbox."""
    from regexplore.sandbox.demo import load

    load(server.store)


def read_faults(path: Path | None) -> Any:
    """Read rules for faults from a JSON file."""
    if path is None:
        return None
    from regexplore.sandbox.faults import FaultPlan

    return FaultPlan.from_data(json.loads(path.read_text("utf-8")))


def print_what_to_try(server: Sandbox, empty: bool) -> None:
    """Say where the sandbox is, and a line each for the tools people have."""
    who = " -u demo:demo" if server.auth else ""
    trust = f" --cacert {server.ca_path}" if server.ca_path else ""
    plain = "" if server.ca_path else " --plain-http"
    repository = "hello" if empty else "demo/app"
    typer.echo(f"{server.profile.name} at {server.url}   (Ctrl-C stops it)")
    if server.ca_path:
        typer.echo(f"  authority   {server.ca_path}")
    typer.echo(f"  curl        curl{who}{trust} {server.url}/v2/{repository}/tags/list")
    typer.echo(f"  regexplore  regexplore tags {server.host}/{repository}")
    if not empty:
        verify = "" if server.ca_path else "--tls-verify=false "
        typer.echo(f"  skopeo      skopeo inspect --raw {verify}docker://{server.host}/{repository}:latest")
        typer.echo(f"  oras        oras discover{plain} {server.host}/{repository}:latest")


def show_demo(server: Sandbox, folder: Path) -> None:
    """Print the tags and the tree of the demo application, and draw its picture."""
    repository = server.registry.repository("demo/app")
    typer.echo(f"a sandbox registry at {server.url}, {len(server.registry.repositories())} repositories\n")
    typer.echo("tags of demo/app")
    frame = repository.tags(detail=True, match="[vl]*", progress=None)
    print_frame(frame[["tag", "kind", "platforms", "size", "created", "digest"]])
    graph = repository.get("v1.2").graph()
    typer.echo("\nwhat v1.2 leads to, and what refers to it")
    typer.echo(graph.to_text())
    folder.mkdir(parents=True, exist_ok=True)
    try:
        typer.echo(f"\nwrote {graph.save(folder / 'demo-app.svg')}")
    except RegexploreError as error:
        typer.echo(f"\nleft out: the picture ({terminal(str(error))})\nhint: {terminal(error.hint)}")
        typer.echo(f"wrote {graph.save(folder / 'demo-app.mmd')} instead")
    typer.echo(f"{len(server.log)} requests in all")


def print_lessons(notebooks: Path) -> None:
    """Print the lessons of a folder, a line each."""
    lessons = lessons_in(notebooks)
    if lessons:
        typer.echo("\nlessons")
    for lesson in lessons:
        minutes = f"{lesson.minutes} minutes" if lesson.minutes else ""
        typer.echo(f"  {lesson.number:>2}  {minutes:10}  {terminal(lesson.title)}")


def lab_command(notebooks: Path) -> list[str]:
    """Give the command that opens JupyterLab on a folder, at its list of lessons where there is one."""
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={notebooks.resolve()}"]
    if (notebooks / INDEX).is_file():
        command.append(f"--LabApp.default_url=/lab/tree/{INDEX}")
    return command


def can_open_lab(notebooks: Path) -> bool:
    """Whether JupyterLab can be shown; says why not."""
    if not notebooks.is_dir():
        note(f"there is no folder {notebooks}; JupyterLab is not opened")
        return False
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        note(f"no display; open the notebooks yourself: {shlex.join(lab_command(notebooks))}")
        return False
    return True


def wait_for_interrupt() -> None:
    """Wait for Ctrl-C or a request to end."""
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
