"""Commands that keep and forget credentials."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from regexplore.cli.common import CaFile, PlainHttp, app
from regexplore.show.escape import terminal


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
    from regexplore.remote.redact import Secret
    from regexplore.remote.transport import Transport

    password = Secret(
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
