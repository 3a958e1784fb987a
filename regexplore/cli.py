"""The ``regexplore`` command: thin; it prints what the objects below return."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from regexplore import __version__
from regexplore.errors import MissingExtraError, RegexploreError
from regexplore.oci import normalize
from regexplore.show.escape import terminal

if TYPE_CHECKING:
    import pandas as pd

    from regexplore.objects import Artifact, Graph, Registry, Repository, Sandbox

app = typer.Typer(
    name="regexplore",
    help="Explore OCI registries: repositories, tags, images, what refers to them, and how it hangs together.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

PlainHttp = Annotated[
    bool | None,
    typer.Option("--plain-http/--https", help="Default: HTTP for loopback hosts, HTTPS for all others."),
]
TargetArgument = Annotated[
    str, typer.Argument(metavar="REFERENCE", help="registry/repository[:tag][@digest]")
]
CaFile = Annotated[
    Path | None, typer.Option("--ca-file", help="Certificates of the registry's own CA (PEM).")
]


class GraphFormat(StrEnum):
    """Forms a graph can be written in."""

    text = "text"
    svg = "svg"
    png = "png"
    pdf = "pdf"
    dot = "dot"
    mermaid = "mermaid"
    json = "json"


def main() -> None:
    """Run the command; errors of regexplore are one line and a hint, not a traceback."""
    try:
        app()
    except RegexploreError as error:
        fail(error)
    except BrokenPipeError:
        # The reader of a pipe (head, less) had enough.
        sys.stderr.close()
        raise SystemExit(0) from None


def fail(error: RegexploreError) -> NoReturn:
    """Say what went wrong and what to do, and end with status 1."""
    typer.echo(f"error: {terminal(str(error))}", err=True)
    if error.hint:
        typer.echo(f"hint: {terminal(error.hint)}", err=True)
    raise SystemExit(1)


def version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        typer.echo(f"regexplore {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Explore OCI registries."""


@app.command()
def repositories(
    registry: Annotated[str, typer.Argument(metavar="REGISTRY", help="host[:port]")],
    match: Annotated[str | None, typer.Option(help="Only names that match this glob.")] = None,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """List the repositories of a registry."""
    print_frame(open_registry(registry, plain_http, ca_file).repositories(match=match))


@app.command()
def tags(
    repository: Annotated[str, typer.Argument(metavar="REPOSITORY", help="registry/repository")],
    detail: Annotated[
        bool, typer.Option("--detail", help="Fetch each tag: digest, kind, size, platforms.")
    ] = False,
    match: Annotated[str | None, typer.Option(help="Only tags that match this glob.")] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many tags.", min=1)] = None,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """List the tags of a repository."""
    print_frame(
        open_repository(repository, plain_http, ca_file).tags(detail=detail, match=match, limit=limit)
    )


@app.command()
def show(
    reference: TargetArgument,
    raw: Annotated[bool, typer.Option("--raw", help="The bytes of the manifest, exactly as served.")] = False,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """Show what a reference names: an index, an image or an artifact."""
    found = open_artifact(reference, plain_http, ca_file)
    if raw:
        sys.stdout.buffer.write(found.document.raw)
        return
    typer.echo(str(found))


@app.command()
def referrers(
    reference: TargetArgument,
    artifact_type: Annotated[str, typer.Option(help="Only this artifact type.")] = "",
    recursive: Annotated[
        bool, typer.Option("--recursive", help="Also what refers to the referrers.")
    ] = False,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """List what refers to a reference: signatures, SBOMs, attestations."""
    print_frame(open_artifact(reference, plain_http, ca_file).referrers(artifact_type, recursive=recursive))


@app.command()
def tree(
    reference: TargetArgument,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """Print everything a reference leads to, and what refers to it, as a tree."""
    typer.echo(open_artifact(reference, plain_http, ca_file).graph().to_text())


@app.command()
def graph(
    reference: TargetArgument,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; its ending tells the form.")
    ] = None,
    form: Annotated[
        GraphFormat, typer.Option("--format", help="Form to print when there is no file.")
    ] = GraphFormat.text,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """Draw everything a reference leads to, and what refers to it."""
    drawn = open_artifact(reference, plain_http, ca_file).graph()
    if output is not None:
        typer.echo(f"wrote {drawn.save(output)}", err=True)
    else:
        print_graph(drawn, form)


@app.command()
def login(
    registry: Annotated[str, typer.Argument(metavar="REGISTRY", help="host[:port]")],
    username: Annotated[str, typer.Option("--username", "-u", prompt=True)],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from a pipe.")
    ] = False,
    plain_text: Annotated[
        bool,
        typer.Option("--plain-text", help="Allow saving to a file where no credential helper is set up."),
    ] = False,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """Check credentials with a registry, and save them where docker and podman find them too."""
    from regexplore.remote.credentials import Credential, DefaultStore
    from regexplore.remote.login import login as log_in
    from regexplore.remote.options import RepositoryOptions
    from regexplore.remote.transport import Transport

    password = (
        sys.stdin.readline().rstrip("\r\n") if password_stdin else typer.prompt("Password", hide_input=True)
    )
    verified = log_in(
        DefaultStore(allow_plaintext_put=plain_text),
        registry,
        Credential(username=username, password=password),
        client=Transport(ca_file=ca_file),
        options=RepositoryOptions(plain_http=plain_http),
    )
    typer.echo(f"logged in to {terminal(registry)} as {terminal(username)}")
    if not verified:
        typer.echo("note: the registry did not ask for credentials, so they were saved unverified", err=True)


@app.command()
def logout(registry: Annotated[str, typer.Argument(metavar="REGISTRY", help="host[:port]")]) -> None:
    """Forget the saved credentials of a registry."""
    from regexplore.remote.credentials import DefaultStore
    from regexplore.remote.login import logout as log_out

    log_out(DefaultStore(), registry)
    typer.echo(f"forgot the credentials of {terminal(registry)}")


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
        if not empty:
            load_demo(server)
        for entry in load or ():
            name, _, layout = entry.partition("=")
            server.load(layout, name)
    except (ValueError, OSError) as error:
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
    """Start a sandbox with a supply chain in it, look at it, draw it, and open the notebooks."""
    with make_sandbox() as server:
        load_demo(server)
        show_demo(server, output)
    if no_lab or not can_open_lab(notebooks):
        return
    typer.echo(f"\nopening JupyterLab on {notebooks}/ (Ctrl-C ends it)")
    subprocess.run([sys.executable, "-m", "jupyterlab", "--notebook-dir", str(notebooks)], check=False)  # noqa: S603


# ---- what the commands share ---------------------------------------------------------------------


def open_registry(name: str, plain_http: bool | None, ca_file: Path | None) -> Registry:
    """Return a registry with the options of the command line."""
    from regexplore.objects import Registry

    return Registry(name, **options(plain_http, ca_file))


def open_repository(reference: str, plain_http: bool | None, ca_file: Path | None) -> Repository:
    """Return the repository that a reference names."""
    from regexplore.objects import Repository

    read = normalize(reference)
    note(read.note)
    return Repository(read.reference.with_reference(""), **options(plain_http, ca_file))


def open_artifact(reference: str, plain_http: bool | None, ca_file: Path | None) -> Artifact:
    """Fetch what a reference names; the tag is ``latest`` unless there is one."""
    from regexplore.objects import get

    read = normalize(reference)
    note(read.note)
    return get(str(read.reference), **options(plain_http, ca_file))


def options(plain_http: bool | None, ca_file: Path | None) -> dict[str, Any]:
    """Return options of a registry; its own authority needs a client of its own."""
    from regexplore.remote.auth import default_client

    chosen: dict[str, Any] = {"plain_http": plain_http}
    return chosen if ca_file is None else {**chosen, "client": default_client(ca_file)}


def note(text: str) -> None:
    """Say on the side how something was read."""
    if text:
        typer.echo(f"note: {terminal(text)}", err=True)


def print_frame(frame: pd.DataFrame) -> None:
    """Print a frame whole, and say on the side what is missing from it."""
    from regexplore.show.frame_text import frame_lines

    for line in frame_lines(frame):
        typer.echo(line)
    for reason in frame.attrs.get("reasons", ()):
        note(f"partial: {reason}")


def print_graph(graph: Graph, form: GraphFormat) -> None:
    """Print a graph in one of its forms."""
    if form in (GraphFormat.png, GraphFormat.pdf):
        raise typer.BadParameter(f"{form.value} is not for a terminal; use --output FILE.{form.value}")
    forms = {
        GraphFormat.text: graph.to_text,
        GraphFormat.svg: graph.to_svg,
        GraphFormat.dot: graph.to_dot,
        GraphFormat.mermaid: graph.to_mermaid,
        GraphFormat.json: graph.to_json,
    }
    typer.echo(forms[form]())


def make_sandbox(**settings: Any) -> Sandbox:
    """Return a sandbox, or say which extra is missing."""
    try:
        from regexplore.objects.sandbox import Sandbox
    except ImportError as error:
        raise MissingExtraError(error.name or "uvicorn", "sandbox") from None
    return Sandbox(**settings)


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


def can_open_lab(notebooks: Path) -> bool:
    """Whether JupyterLab can be shown; says why not."""
    if not notebooks.is_dir():
        note(f"there is no folder {notebooks}; JupyterLab is not opened")
        return False
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        note(
            f"no display; open the notebooks yourself: {sys.executable} -m jupyterlab --notebook-dir {notebooks}"
        )
        return False
    return True


def wait_for_interrupt() -> None:
    """Wait for Ctrl-C or a request to end."""
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
