"""The command that opens the explorer as a page."""

from __future__ import annotations

from typing import Annotated

import typer

from regexplore.cli.common import CaFile, PlainHttp, app


@app.command()
def explore(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="registry[/repository[:tag]], or a layout")],
    port: Annotated[int, typer.Option(help="On 127.0.0.1.", min=1, max=65535)] = 8866,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """Open the explorer in a browser, without a notebook, until Ctrl-C."""
    from regexplore.explorer.page import serve_page

    # Plain values: the page runs in a process of its own.
    given = {"plain_http": plain_http, "ca_file": str(ca_file.resolve()) if ca_file else None}
    changes = {name: value for name, value in given.items() if value is not None}
    serve_page(target, port=port, browser=not no_browser, tell=typer.echo, **changes)
