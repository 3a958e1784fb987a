"""The command that crawls a registry into a folder of Parquet files."""

from __future__ import annotations

from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regexplore.cli.common import CaFile, PlainHttp, app, open_registry
from regexplore.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Work(StrEnum):
    """What is done to each repository."""

    tags = "tags"
    referrers = "referrers"
    layers = "layers"


@app.command()
def crawl(
    registry: Annotated[str, typer.Argument(metavar="REGISTRY", help="host[:port]")],
    into: Annotated[Path, typer.Option(help="Folder for the Parquet files; the same one goes on.")],
    work: Annotated[Work, typer.Option(help="What is read of each repository.")] = Work.tags,
    match: Annotated[str | None, typer.Option(help="Only repositories that match this glob.")] = None,
    names: Annotated[
        Path | None,
        typer.Option("--names", help="A file of repositories, one a line, instead of the catalog."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="At most so many repositories in this run.", min=1)
    ] = None,
    workers: Annotated[int | None, typer.Option(help="So many repositories at once.", min=1)] = None,
    dask: Annotated[str | None, typer.Option(help="Address of a Dask scheduler; default: threads.")] = None,
    credentials: Annotated[
        str | None,
        typer.Option(help="Where Dask's workers find credentials: default, none, file:PATH, helper:NAME."),
    ] = None,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """Read every repository of a registry into Parquet files, going on where the last run ended.

    Ends with status 3 when something is missing: interrupted, a repository that could not be read.
    """
    from regexplore.crawling import crawl as begin

    listed = None if names is None else [line.strip() for line in names.read_text("utf-8").splitlines()]
    with dask_client(dask) as client:
        done = begin(
            open_registry(registry, plain_http, ca_file),
            work.value,
            on=client,
            into=into,
            repositories=None if listed is None else filter(None, listed),
            match=match,
            limit=limit,
            workers=workers,
            credentials=credentials,
        )
    typer.echo(str(done))
    if not done.complete:
        raise typer.Exit(3)


@contextmanager
def dask_client(address: str | None) -> Iterator[Any]:
    """Connect to a cluster while the block runs; None without an address."""
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError("distributed", "dask") from None
    with Client(address) as client:  # type: ignore[no-untyped-call]
        yield client
