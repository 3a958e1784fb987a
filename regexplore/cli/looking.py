"""Commands that look at registries, repositories and what they hold."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regexplore.cli.common import (
    CaFile,
    PlainHttp,
    TargetArgument,
    app,
    open_artifact,
    open_registry,
    open_repository,
    print_frame,
)

if TYPE_CHECKING:
    from regexplore.objects import Graph


class GraphFormat(StrEnum):
    """Forms a graph can be written in."""

    text = "text"
    svg = "svg"
    png = "png"
    pdf = "pdf"
    dot = "dot"
    mermaid = "mermaid"
    json = "json"


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
def explain(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="WORD...", help="A term, media type, header, error code, status, annotation key, digest."
        ),
    ],
) -> None:
    """Explain a word of the OCI world, and where it is written down. Asks nobody."""
    from regexplore.objects import explain as explained

    typer.echo(str(explained(" ".join(words))))


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
