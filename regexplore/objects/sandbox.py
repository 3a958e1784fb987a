"""The embedded registry as a notebook holds it: a registry object, a log that reads well, a card."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from regexplore.objects.registry import Registry
from regexplore.objects.sections import facts_of
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.options import RepositoryOptions
from regexplore.remote.transport import Transport
from regexplore.sandbox.log import RequestLog, RequestRecord
from regexplore.sandbox.server import SandboxServer
from regexplore.show import text as words
from regexplore.show import value as values
from regexplore.show.card import Card, Section
from regexplore.show.shown import Shown
from regexplore.show.table import Table
from regexplore.show.value import Value

if TYPE_CHECKING:
    import pandas as pd


class SandboxLog(Shown, RequestLog):
    """What the registry saw, oldest first; ``frame()`` gives it as a frame."""

    def frame(self) -> pd.DataFrame:
        """Give one row for each request (`regexplore.frames.served.SERVED`)."""
        from regexplore.frames.origin import Origin
        from regexplore.frames.served import served_frame

        return served_frame(map(_plain, self), Origin("sandbox"))

    def _card(self) -> Card:
        return Card(
            "trace", words.count(len(self), "request"), ("served",), sections=(requests_section(self),)
        )


class Sandbox(Shown, SandboxServer):
    """A registry on loopback, served from a thread of this process, for teaching and for trying things out.

    Takes the arguments of `regexplore.sandbox.server.SandboxServer`: a profile (which kind of registry to
    play), a directory for storage, ``auth``, ``tls`` and others.

    Attributes
    ----------
    registry : Registry
        The client's view, with credentials and certificate where they are needed.
    log : SandboxLog
        What the registry saw.

    Examples
    --------
    >>> with Sandbox() as sandbox:
    ...     sandbox.registry.repositories()["repository"].tolist()
    []
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.log: SandboxLog = SandboxLog()
        self._transport = Transport(ca_file=self.ca_path)

    @classmethod
    def demo(cls, *arguments: Any, **options: Any) -> Self:
        """Give a sandbox, not started yet, that holds a whole supply chain.

        Several repositories, an image for several platforms with shared layers, an SBOM, signatures, a
        provenance attestation, a chart.
        """
        from regexplore.sandbox.demo import load

        sandbox = cls(*arguments, **options)
        load(sandbox.store)
        return sandbox

    @cached_property
    def registry(self) -> Registry:
        """The client's view of this registry."""
        client = AuthClient(self._transport, credentials=self._credential if self.auth else None)
        return Registry(self.host, options=RepositoryOptions(client=client, plain_http=self.ca_path is None))

    def stop(self) -> None:
        """Stop serving and let go of ports, files and connections. Stopping twice does no harm."""
        self._transport.close()
        super().stop()

    def _credential(self, host: str) -> Credential | None:
        user = next(iter(self._users), None)
        if user is None or host != self.host:
            return None
        return Credential(username=user, password=self._users[user])

    def _card(self) -> Card:
        facts = facts_of(
            ("address", self.url),
            ("profile", f"{self.profile.name}: {self.profile.summary}"),
            ("state", Value("running", look="good") if self._running else Value("stopped", look="muted")),
            ("authentication", self.auth or "none"),
            ("certificate", str(self.ca_path) if self.ca_path else None),
        )
        return Card("sandbox", self.host, facts=facts, sections=(requests_section(self.log),))


def requests_section(log: RequestLog) -> Section:
    """Give the last requests, newest first."""
    rows = map(_row, reversed(log))
    columns = ["#", "method", "path", "status", "spec", "sent", "ms", "server"]
    table = Table.of(columns, rows, total=len(log), numeric=["#", "sent", "ms"])
    return Section("Requests served", table, note="newest first" if len(log) else "", open=False)


def _plain(record: RequestRecord) -> dict[str, object]:
    return {
        "n": record.n,
        "time": datetime.fromtimestamp(record.time, UTC),
        "origin": record.origin,
        "method": record.method,
        "path": record.path,
        "query": record.query,
        "status": record.status or None,
        "spec": record.spec,
        "received": record.received,
        "sent": record.sent,
        "ms": record.ms,
    }


def _row(record: RequestRecord) -> tuple[object, ...]:
    path = f"{record.path}?{record.query}" if record.query else record.path
    return (
        record.n,
        record.method,
        Value(path, look="code"),
        str(record.status) if record.status else None,
        record.spec,
        values.size(record.sent),
        f"{record.ms:.1f}",
        record.origin,
    )
