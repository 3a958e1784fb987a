"""Commands that look inside images, compare them, and copy them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regexplore.cli.common import CaFile, PlainHttp, TargetArgument, app, note, open_artifact, print_frame
from regexplore.errors import UnsupportedError

if TYPE_CHECKING:
    from regexplore.objects import Image

PlatformOption = Annotated[
    str | None, typer.Option("--platform", help="Of an index, the image for this platform: linux/amd64.")
]
SecondArgument = Annotated[str, typer.Argument(metavar="OTHER", help="what to compare with")]


@app.command()
def files(
    reference: TargetArgument,
    match: Annotated[str | None, typer.Option(help="Only paths that match this glob: /etc/**.")] = None,
    layer: Annotated[int | None, typer.Option(help="Only the entries of this layer, from 1.", min=1)] = None,
    hidden: Annotated[bool, typer.Option("--all", help="Also what later layers hide.")] = False,
    platform: PlatformOption = None,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """List the files of an image, as a container would see them."""
    image = open_image(reference, platform, plain_http, ca_file)
    print_frame(image.files(layer, all=hidden, match=match))


@app.command()
def cat(
    reference: TargetArgument,
    path: Annotated[str, typer.Argument(help="path of a file in the image")],
    platform: PlatformOption = None,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """Write the content of a file of an image, verified."""
    sys.stdout.buffer.write(open_image(reference, platform, plain_http, ca_file).read(path))


@app.command()
def packages(
    reference: TargetArgument,
    platform: PlatformOption = None,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """List the packages that are installed in an image."""
    print_frame(open_image(reference, platform, plain_http, ca_file).packages())


@app.command()
def diff(
    reference: TargetArgument,
    other: SecondArgument,
    inside: Annotated[
        bool, typer.Option("--inside", help="Also files and packages; reads the layers.")
    ] = False,
    platform: PlatformOption = None,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """Compare two references: documents, and inside of images files and packages."""
    from regexplore.objects import compare
    from regexplore.objects import diff as compare_documents

    if not inside:
        a, b = (open_artifact(name, plain_http, ca_file) for name in (reference, other))
        print_frame(compare_documents(a, b))
        return
    compared = compare(
        open_image(reference, platform, plain_http, ca_file), open_image(other, platform, plain_http, ca_file)
    )
    typer.echo(str(compared))
    for title, frame in (("packages", compared.packages()), ("files", compared.files())):
        typer.echo(f"\n{title}")
        print_frame(frame)


@app.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="registry/repository, or a layout")],
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="tag or digest in the source")],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="registry/repository, or a layout")],
    name: Annotated[str | None, typer.Option("--name", help="Name at the target.")] = None,
    referrers: Annotated[
        bool, typer.Option("--referrers", help="Also signatures, SBOMs and what else refers to it.")
    ] = False,
) -> None:
    """Copy what a reference names to another repository or layout; what is there already is not sent."""
    from regexplore.objects import copy as copy_reference

    report = copy_reference(source, reference, target, name, referrers=referrers)
    typer.echo(str(report))
    if not report.complete:
        raise typer.Exit(1)


def open_image(reference: str, platform: str | None, plain_http: bool | None, ca_file: Path | None) -> Image:
    """Fetch an image; of an index the one for a platform, or the only one there is."""
    from regexplore.objects import Image, Index

    found = open_artifact(reference, plain_http, ca_file)
    if isinstance(found, Index):
        there = [str(name) for name in found.platforms["platform"]]
        if platform is None and len(there) == 1:
            note(f"{reference} is an index; its only image is for {there[0]}")
        if platform is None and len(there) != 1:
            raise UnsupportedError(
                f"{reference} is an index", hint=f"Pick one with --platform: {', '.join(there) or 'none'}."
            )
        found = found[platform or there[0]]
    if not isinstance(found, Image):
        raise UnsupportedError(f"{reference} is no image", hint="regexplore show tells what it is.")
    return found
