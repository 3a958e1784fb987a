"""What the commands share: the application, options, opening what a text names, printing frames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regexplore import __version__
from regexplore.oci import normalize
from regexplore.show.escape import terminal

if TYPE_CHECKING:
    import pandas as pd

    from regexplore.objects import Artifact, Registry, Repository

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
