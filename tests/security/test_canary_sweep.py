"""T16: a password and a token through every way in, and in no output and at no origin but their own.

The sizes are printed: ``pytest tests/security/test_canary_sweep.py -s``.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import io
import json
import logging
import os
import pickle
import socket
import stat
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cloudpickle
import nbformat
import pandas as pd
import pytest
import requests
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from support.scripted_server import Answer, ScriptedServer, Seen, json_answer, scripted
from typer.testing import CliRunner

import regexplore as rx
from regexplore import errors
from regexplore.cli import app
from regexplore.crawling.access import Access
from regexplore.crawling.job import Job
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials import Credential, DockerConfigStore, HelperStore
from regexplore.remote.retry import RetryPolicy
from regexplore.remote.transport import Transport
from regexplore.sandbox.demo.content import AMD64
from regexplore.sandbox.demo.images import push_image
from regexplore.sandbox.demo.shelf import Shelf
from regexplore.sandbox.demo.troubles.parts import build
from regexplore.sandbox.faults import Fault

PASSWORD = "canary-password-7f3a"
TOKEN = "canary-token-91bc"
ADA = Credential("ada", PASSWORD)
HOME = "some/app"


@dataclass
class Way:
    """A registry with a secret on its way to it, and the origins that must not see it."""

    repository: rx.Repository
    canaries: list[str]
    home: rx.Sandbox | None = None
    strangers: list[ScriptedServer] = field(default_factory=list)

    def forms(self) -> list[str]:
        """The secrets as they could be written, and those that they were exchanged for."""
        found = set(self.canaries)
        for secret in self.canaries:
            for text in (secret, f"ada:{secret}"):
                found |= {base64.b64encode(text.encode()).decode(), quote(text, safe=""), text[::-1]}
        client = auth_client(self.repository)
        if client is not None and client.cache is not None:
            found |= {token.value for token in client.cache._tokens.values()}
        return [form for form in found if len(form) > 8]


def auth_client(repository: rx.Repository) -> AuthClient | None:
    client = repository.options.client
    inner = getattr(client, "client", client)
    return inner if isinstance(inner, AuthClient) else None


# ---- ways in -------------------------------------------------------------------------------------


@contextlib.contextmanager
def closed(
    client: AuthClient | None = None, credential: Credential | None = None, **options: Any
) -> Iterator[Way]:
    """A sandbox with an image in it, that asks for Ada's password or for a token."""
    options = {"auth": "basic", "users": {"ada": PASSWORD}, **options}
    with rx.Sandbox(**options) as sandbox:
        push_image(Shelf(sandbox.store, HOME), AMD64, build(), ["v1"])
        given: dict[str, Any] = {"client": client} if client else {"credential": credential}
        yield Way(rx.Repository(f"{sandbox.host}/{HOME}", **given), [PASSWORD], sandbox)


def by_option(_: Path) -> Any:
    return closed(credential=ADA)


def by_token(_: Path) -> Any:
    return closed(credential=ADA, auth="token")


def by_oauth(_: Path) -> Any:
    client = AuthClient(Transport(retries=0), credentials=lambda host: ADA, force_attempt_oauth2=True)
    return closed(client, auth="token")


@contextlib.contextmanager
def by_refresh_token(_: Path) -> Iterator[Way]:
    with closed(auth="token", credential=ADA) as way:
        assert way.home is not None
        refresh = way.home.issuer.refresh_token("ada")
        known = Credential(refresh_token=refresh)
        yield Way(rx.Repository(f"{way.home.host}/{HOME}", credential=known), [refresh], way.home)


@contextlib.contextmanager
def by_access_token(_: Path) -> Iterator[Way]:
    def respond(seen: Seen) -> Answer:
        if not seen.target.endswith("/tags/list"):
            return Answer(404)
        if seen.headers["Authorization"] != f"Bearer {TOKEN}":
            challenge = f'Bearer realm="http://{seen.headers["Host"]}/token",service="s"'
            return Answer(401, headers=[("WWW-Authenticate", challenge)])
        return json_answer({"name": HOME, "tags": ["v1"]})

    with scripted(respond) as server:
        known = Credential(access_token=TOKEN)
        yield Way(rx.Repository(f"{server.host}/{HOME}", credential=known), [TOKEN])


@contextlib.contextmanager
def by_config_file(folder: Path) -> Iterator[Way]:
    with closed() as way:
        assert way.home is not None
        file = folder / "docker" / "config.json"
        file.parent.mkdir()
        auth = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
        file.write_text(json.dumps({"auths": {way.home.host: {"auth": auth}}}))
        client = AuthClient(Transport(retries=0), credentials=DockerConfigStore(file))
        yield Way(rx.Repository(f"{way.home.host}/{HOME}", client=client), [PASSWORD], way.home)


@contextlib.contextmanager
def by_helper(folder: Path) -> Iterator[Way]:
    programs = folder / "programs"
    programs.mkdir()
    program = programs / "docker-credential-canary"
    program.write_text(
        f'#!/bin/sh\ncat > /dev/null\necho \'{{"Username": "ada", "Secret": "{PASSWORD}"}}\'\necho {PASSWORD} >&2\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
        client = AuthClient(Transport(retries=0), credentials=HelperStore("canary"))
        with closed(client) as way:
            yield way


@contextlib.contextmanager
def by_header(_: Path) -> Iterator[Way]:
    client = AuthClient(Transport(retries=0), headers={"X-Token": TOKEN})
    with closed(client, auth=None) as way:
        yield Way(way.repository, [TOKEN], way.home)


@contextlib.contextmanager
def by_retry(_: Path) -> Iterator[Way]:
    """The first answers are 500s, so each request is sent again with its secret."""
    client = AuthClient(Transport(retries=2), credentials=lambda host: ADA)
    with closed(client) as way:
        assert way.home is not None
        way.home.faults.add(Fault.status(500), path="*/manifests/*", times=1)
        yield way


@contextlib.contextmanager
def by_redirect(_: Path) -> Iterator[Way]:
    """Every answer leads to another origin."""
    with scripted(lambda seen: Answer(200, b"{}")) as storage:

        def respond(seen: Seen) -> Answer:
            if seen.headers["Authorization"] is None:
                return Answer(401, headers=[("WWW-Authenticate", "Basic realm=r")])
            return Answer(307, headers=[("Location", f"http://{storage.host}{seen.target}")])

        with scripted(respond) as server:
            client = AuthClient(
                Transport(retries=0), credentials=lambda host: ADA, headers={"X-Token": TOKEN}
            )
            yield Way(
                rx.Repository(f"{server.host}/{HOME}", client=client), [PASSWORD, TOKEN], None, [storage]
            )


@contextlib.contextmanager
def by_signed_address(_: Path) -> Iterator[Way]:
    """Addresses that are credentials themselves: in Location, Link and the place of an upload."""
    signed = f"X-Amz-Signature={TOKEN}&token={TOKEN}"

    def respond(seen: Seen) -> Answer:
        if "Signature" in seen.target:
            return Answer(500) if seen.method == "GET" else Answer(403)
        if seen.method == "POST":
            return Answer(202, headers=[("Location", f"/upload?{signed}")])
        if seen.target.endswith("/tags/list"):
            return json_answer({"tags": ["v1"]}, ("Link", f'</v2/{HOME}/tags/list?{signed}>; rel="next"'))
        return Answer(307, headers=[("Location", f"/store?{signed}")])

    with scripted(respond) as server:
        client = AuthClient(Transport(retries=1))
        yield Way(rx.Repository(f"{server.host}/{HOME}", client=client), [TOKEN])


@contextlib.contextmanager
def by_realm_elsewhere(_: Path) -> Iterator[Way]:
    """The registry sends the client to a token server of its own choice, in several ways at once."""
    look_up = socket.getaddrinfo

    def nearby(host: str, *more: Any, **options: Any) -> Any:
        return look_up("127.0.0.1" if host == "stranger.example" else host, *more, **options)

    with (
        scripted(lambda seen: json_answer({"token": "x"})) as stranger,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(socket, "getaddrinfo", nearby)
        realm = f"http://stranger.example:{stranger.host.rpartition(':')[2]}/token"
        challenge = f'Bearer realm="{realm}",service="s",scope="repository:{HOME}:pull"'
        with scripted(lambda seen: Answer(401, headers=[("WWW-Authenticate", challenge)])) as server:
            client = AuthClient(Transport(retries=0), credentials=lambda host: ADA)
            yield Way(rx.Repository(f"{server.host}/{HOME}", client=client), [PASSWORD], None, [stranger])


@contextlib.contextmanager
def by_proxy(_: Path) -> Iterator[Way]:
    """A proxy with a password, which refuses everything."""
    with scripted(lambda seen: Answer(407)) as proxy:
        transport = Transport(retries=0, proxies={"http": f"http://ada:{PASSWORD}@{proxy.host}"})
        yield Way(
            rx.Repository(f"127.0.0.1:1/{HOME}", client=AuthClient(transport), plain_http=True), [PASSWORD]
        )


@contextlib.contextmanager
def by_session(_: Path) -> Iterator[Way]:
    """A session of requests with a header of its own is a client too."""
    session = requests.Session()
    session.trust_env = False
    with closed() as way:
        assert way.home is not None
        client = AuthClient(session, credentials=lambda host: ADA)
        yield Way(rx.Repository(f"{way.home.host}/{HOME}", client=client), [PASSWORD], way.home)


WAYS: dict[str, Callable[[Path], Any]] = {
    "option": by_option,
    "token": by_token,
    "oauth": by_oauth,
    "refresh token": by_refresh_token,
    "access token": by_access_token,
    "config file": by_config_file,
    "helper": by_helper,
    "header": by_header,
    "retry": by_retry,
    "redirect": by_redirect,
    "signed address": by_signed_address,
    "realm elsewhere": by_realm_elsewhere,
    "proxy": by_proxy,
    "session of requests": by_session,
}
# What the registry does when the secret has arrived.
TROUBLES: dict[str, Fault | None] = {
    "none": None,
    "401": Fault.status(401),
    "403": Fault.status(403, errors=["DENIED"]),
    "500": Fault.status(500),
    "reset": Fault.reset(),
    "cut": Fault.cut(3),
    "page": Fault.html(),
}

# ---- outputs -------------------------------------------------------------------------------------


class Outputs:
    """Everything that came out, by the name of the place where it did."""

    def __init__(self) -> None:
        self.made: dict[str, list[str | bytes]] = {}

    def add(self, name: str, *texts: str | bytes) -> None:
        self.made.setdefault(name, []).extend(texts)

    def of(self, name: str, shown: Any) -> None:
        """Every form of an object."""
        self.add(f"{name} repr", repr(shown))
        self.add(f"{name} str", str(shown))
        self.add(f"{name} format", f"{shown}")
        self.add(f"{name} vars", *dump(shown))
        for way in ("_repr_mimebundle_", "_repr_html_"):
            if hasattr(shown, way):
                self.add(f"{name} card", str(getattr(shown, way)()))
        for way in (pickle.dumps, cloudpickle.dumps):
            with contextlib.suppress(errors.RegexploreError, TypeError, pickle.PicklingError, AttributeError):
                self.add(f"{name} pickle", way(shown))
        for way in (copy.copy, copy.deepcopy):
            with contextlib.suppress(errors.RegexploreError, TypeError, pickle.PicklingError):
                duplicate = way(shown)
                self.add(f"{name} copy", repr(duplicate), *dump(duplicate))
        if isinstance(shown, pd.DataFrame):
            self.add(f"{name} CSV", shown.to_csv())
            self.add(f"{name} JSON", shown.astype("string").to_json())
            self.add(f"{name} attrs", str(shown.attrs))

    def error(self, name: str, error: BaseException) -> None:
        """Every form of an error, and of all that it keeps."""
        self.of(f"{name} error", error)
        self.add(f"{name} traceback", *traceback.format_exception(error))
        self.add(f"{name} traceback with variables", *own_frames(error))
        for inner in chain(error):
            self.add(f"{name} cause", repr(inner), str(inner), *dump(inner))

    def folder(self, name: str, folder: Path) -> None:
        for file in folder.rglob("*"):
            if file.is_file():
                self.add(name, file.read_bytes())


def own_frames(error: BaseException) -> Iterator[str]:
    """The variables of all frames but those of the tests."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    waiting = [told]
    while waiting:
        one = waiting.pop()
        waiting += [inner for inner in (one.__cause__, one.__context__) if inner is not None]
        for frame in one.stack:
            # The runner of commands is handed what would be typed.
            if "/tests/" not in frame.filename and not frame.filename.endswith("/testing.py"):
                yield f"{frame.filename} {frame.name} {frame.locals}"


def chain(error: BaseException) -> Iterator[BaseException]:
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__]


def dump(shown: Any) -> Iterator[str]:
    """``vars()`` of an object and of all that it holds, as a debugger would unfold it."""
    waiting, seen = [shown], set[int]()
    while waiting and len(seen) < 2_000:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, type):
            continue
        seen.add(id(one))
        if isinstance(one, dict) and len(one) < 200:
            waiting += list(one.values())
        elif isinstance(one, list | tuple | set | frozenset) and len(one) < 200:
            waiting += list(one)
        elif hasattr(one, "__dict__") and type(one).__module__.startswith(("regexplore", "requests.models")):
            yield repr(vars(one))
            waiting += list(vars(one).values())


OPERATIONS: dict[str, Callable[[rx.Repository, Path], Any]] = {
    "ping": lambda repo, _: rx.Registry(repo.reference.registry, options=repo.options).ping(),
    "registry": lambda repo, _: rx.Registry(repo.reference.registry, options=repo.options),
    "tags": lambda repo, _: repo.tags(detail=True, progress=None),
    "get": lambda repo, _: repo.get("v1"),
    "blob": lambda repo, _: repo.fetch(next(iter(repo.get("v1").layer_descriptors))),
    "files": lambda repo, _: repo.get("v1").files(progress=None),
    "graph": lambda repo, _: repo.graph("v1", progress=False),
    "referrers": lambda repo, _: repo.get("v1").referrers(),
    "resolve": lambda repo, _: repo.resolve("v1"),
    "push": lambda repo, _: repo.push(rx.Descriptor.from_bytes("a/b", b"new"), io.BytesIO(b"new")),
    "delete": lambda repo, _: repo.delete(rx.Descriptor.from_bytes("a/b", b"none")),
    "audit": lambda repo, _: rx.audit(repo, progress=None),
    "crawl": lambda repo, folder: rx.crawl(
        rx.Registry(repo.reference.registry, options=repo.options), "tags", repositories=[HOME], into=folder / "crawl", progress=None
    ),
    "snapshot": lambda repo, folder: rx.snapshot(repo, folder / "history"),
    "copy": lambda repo, folder: rx.copy(repo, "v1", rx.Layout(folder / "layout", create=True), "v1", progress=None),
}  # fmt: skip


def go_through(way: Way, folder: Path, told: Outputs) -> None:
    """Do everything, and gather whatever comes out."""
    repository = way.repository
    options = repository.options
    for name, shown in (
        ("repository", repository),
        ("options", options),
        ("client", options.client),
        ("auth client", auth_client(repository)),
        ("transport", getattr(auth_client(repository), "client", None)),
        ("credentials", getattr(auth_client(repository), "credentials", None)),
        ("token cache", getattr(auth_client(repository), "cache", None)),
    ):
        told.of(name, shown)
    for name, call in OPERATIONS.items():
        with warnings.catch_warnings(record=True) as heard, rx.trace() as wire:
            warnings.simplefilter("always")
            try:
                found = call(repository, folder)
                told.of(name, found)
                if isinstance(found, rx.AuditReport):
                    for form in ("json", "sarif", "html", "csv"):
                        found.save(folder / f"report.{form}")
                    found.to_parquet(folder / "report")
            except errors.RegexploreError as error:
                told.error(name, error)
        told.add("warnings", *(str(one.message) for one in heard))
        told.of("trace", wire)
        told.of("trace frame", wire.frame())
        told.add("trace diagram", str(wire.diagram()))
        told.add("trace events", *(repr(event) for event in wire.events))
    told.of("repository afterwards", repository)
    registry = rx.Registry(repository.reference.registry, options=options)
    with contextlib.suppress(errors.RegexploreError):
        told.add("job", cloudpickle.dumps(Job(Access.of(registry), HOME, "tags")))
    explorer = rx.explore(repository).wait()
    try:
        told.add("explorer state", *(str(part.get_state()) for part in widgets_of(explorer.widget)))
    finally:
        explorer.close()
    told.folder("files", folder)


def widgets_of(widget: Any) -> list[Any]:
    found, waiting = [], [widget]
    while waiting:
        found.append(waiting.pop())
        waiting += getattr(found[-1], "children", ())
    return found


def assert_absent(forms: list[str], told: Outputs) -> None:
    for name, texts in told.made.items():
        for text in texts:
            held = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
            assert [form for form in forms if form.encode() in held] == [], name


PLAIN = ("option", "token", "refresh token", "header")


@pytest.mark.parametrize(
    ("way", "trouble"),
    [(way, trouble) for way in WAYS for trouble in TROUBLES if trouble == "none" or way in PLAIN],
)
def test_t16_no_way_in_leads_out(
    way: str,
    trouble: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    # Tries are repeated all the same; only the waits between them are left out.
    monkeypatch.setattr(RetryPolicy, "sleep", lambda *_: None)
    folder = tmp_path / "made"
    folder.mkdir()
    told = Outputs()
    with WAYS[way](tmp_path) as opened:
        fault = TROUBLES[trouble]
        if fault is not None:
            opened.home.faults.add(fault, skip=2)
        go_through(opened, folder, told)
        forms = opened.forms()
        told.add("logs", caplog.text)
        for record in caplog.records:
            told.add("log records", str(record.args), str(record.exc_info))
        said = capfd.readouterr()
        told.add("screen", said.out, said.err)
        if opened.home is not None:
            told.add("log of the sandbox", str(opened.home.log), opened.home.log.frame().to_csv())
        assert_absent(forms, told)
        for stranger in opened.strangers:
            assert stranger.seen
            seen = "".join(f"{one.target}{one.headers}{one.body!r}" for one in stranger.seen)
            assert [form for form in forms if form in seen] == []
    assert len(told.made) > 60
    print(
        f"\ncanary sweep, {way}, {trouble}: {len(opened.canaries)} canaries in {len(forms)} forms x {len(told.made)} outputs"
    )


def test_t16_the_canaries_do_arrive() -> None:
    """What is never found in an output was really on its way: at its own origin it is seen."""
    seen_at_home: dict[str, bool] = {}

    def respond(seen: Seen) -> Answer:
        seen_at_home["basic"] = seen.headers["Authorization"] is not None
        return Answer(401, headers=[("WWW-Authenticate", "Basic realm=r")])

    with scripted(respond) as server:
        with pytest.raises(errors.UnauthorizedError):
            rx.Repository(f"{server.host}/a", credential=ADA).tags()
        assert seen_at_home["basic"]
    with by_signed_address(Path()) as way, contextlib.suppress(errors.RegexploreError):
        way.repository.tags()
    assert_finds = Outputs()
    assert_finds.of("repository", {"password": PASSWORD})
    with pytest.raises(AssertionError):
        assert_absent([PASSWORD], assert_finds)


# ---- what a reader types, notebooks, the command line --------------------------------------------

TYPED = [
    f"https://ada:{PASSWORD}@registry.example/some/app:v1",
    f"ada:{PASSWORD}@registry.example/some/app",
    f"http://{PASSWORD}@registry.example",
    f"oci://ada:{PASSWORD}@registry.example:5000/a@sha256:{'0' * 64}",
    f"https://ada:{PASSWORD}/9@registry.example/some/app:v1",
]
TAKERS: dict[str, Callable[[str], Any]] = {
    "get": rx.get,
    "Registry": rx.Registry,
    "Repository": rx.Repository,
    "Reference": rx.Reference.parse,
    "normalize": rx.normalize,
    "audit": lambda text: rx.audit(text, progress=None),
    "explore": lambda text: rx.explore(text),
}


@pytest.mark.parametrize("typed", TYPED, ids=range(len(TYPED)))
@pytest.mark.parametrize("taker", TAKERS)
def test_t16_a_password_in_an_address_is_refused_and_not_told(typed: str, taker: str) -> None:
    told = Outputs()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with pytest.raises(errors.RegexploreError) as caught:
            TAKERS[taker](typed)
    told.error(taker, caught.value)
    told.made = {name: texts for name, texts in told.made.items() if "variables" not in name}
    told.add("warnings", *(str(one.message) for one in heard))
    assert_absent([PASSWORD], told)


@pytest.mark.parametrize("typed", TYPED, ids=range(len(TYPED)))
@pytest.mark.parametrize("command", ["tags", "show", "tree", "audit", "repositories", "graph", "crawl"])
def test_t16_nor_on_the_command_line(typed: str, command: str) -> None:
    done = CliRunner().invoke(app, [command, typed])
    assert done.exit_code != 0
    told = Outputs()
    told.add("screen", done.stdout, done.stderr)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        told.add("error", str(done.exception), repr(done.exception))
    assert_absent([PASSWORD], told)


@pytest.mark.parametrize("right", [True, False])
def test_t16_a_login_tells_no_password(right: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with rx.Sandbox(auth="basic", users={"ada": PASSWORD if right else "another"}) as sandbox:
        words = ["login", sandbox.host, "--username", "ada", "--password-stdin", "--plain-text"]
        done = CliRunner().invoke(app, words, input=PASSWORD)
    told = Outputs()
    told.add("screen", done.stdout, done.stderr)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        told.error("login", done.exception)
    assert_absent([PASSWORD, base64.b64encode(f"ada:{PASSWORD}".encode()).decode()], told)
    if right:
        assert stat.S_IMODE((tmp_path / "config.json").stat().st_mode) == 0o600
    else:
        assert not (tmp_path / "config.json").exists()


CELLS = [
    "%xmode Verbose\nimport logging, os, sys\nlogging.basicConfig(level=logging.DEBUG, stream=sys.stderr, force=True)",
    "import regexplore as rx\nhost, home = os.environ['RX_HOST'], os.environ['RX_HOME']",
    "registry = rx.Registry(host, credential=rx.Credential('ada', os.environ['RX_CANARY']))\nregistry",
    "repo = registry[home]\nrepo.tags(detail=True)",
    "with rx.trace() as wire:\n    image = repo.get('v1')\nwire",
    "image",
    "image.graph().widget()",
    "rx.explore(repo).wait()",
    "rx.audit(repo)",
    "vars(registry), vars(repo), registry.options, registry.options.client",
    "wrong = rx.Repository(f'{host}/{home}', credential=rx.Credential('ada', os.environ['RX_CANARY'] + 'x'))\nwrong.tags()",
    "image.files()\nrepo.get('not-there')",
    "repo",
]


def test_t8_t16_no_secret_in_a_saved_notebook_or_in_the_page_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    with closed(credential=ADA) as way:
        assert way.home is not None
        monkeypatch.setenv("RX_HOST", way.home.host)
        monkeypatch.setenv("RX_HOME", HOME)
        monkeypatch.setenv("RX_CANARY", PASSWORD)
        NotebookClient(
            notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": str(tmp_path)}}
        ).execute()
    saved = nbformat.writes(notebook)
    page, _ = HTMLExporter().from_notebook_node(notebook)
    told = Outputs()
    told.add("notebook", saved)
    told.add("page", page)
    assert "UnauthorizedError" in saved
    assert "capture_locals" not in saved
    assert saved.count('"output_type": "error"') == 2
    assert_absent([PASSWORD, base64.b64encode(f"ada:{PASSWORD}".encode()).decode()], told)
