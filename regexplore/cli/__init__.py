"""The ``regexplore`` command: thin; it prints what the objects below return."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from regexplore.cli import auditing, crawling, credentials, exploring, inside, looking, serving
from regexplore.cli.common import app
from regexplore.errors import RegexploreError
from regexplore.show.escape import terminal

__all__ = ["app", "auditing", "crawling", "credentials", "exploring", "inside", "looking", "main", "serving"]


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
