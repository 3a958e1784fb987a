"""T1 to T10: every payload in every field that a registry controls, through every output; nothing comes out but text.

Each field carries a mark of its own, so that the sweep can tell which fields an output has shown. The sizes are
printed: ``pytest tests/security/test_payload_sweep.py -s``.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ipywidgets
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.clients import options_for
from support.hostile_registry import (
    EVERY_PAYLOAD,
    Marked,
    error_body,
    fields_in,
    header_text,
    hostile_sandbox,
    put_artifact,
    put_image,
    put_index,
    tag_of,
)
from support.markup_oracle import assert_page_safe, assert_safe, assert_table_safe, problems, unseen
from support.picture_oracle import SVG_ATTRIBUTES, SVG_ELEMENTS, check_dot, check_mermaid, check_svg
from support.scripted_server import Answer, json_answer, scripted
from typer.testing import CliRunner

import regexplore as rx
from regexplore import errors
from regexplore.cli import app
from regexplore.frames.export import FORMULA_STARTS, display_safe, to_csv
from regexplore.objects import value_cards
from regexplore.sandbox.demo.shelf import Shelf
from regexplore.show.bundle import mimebundle
from regexplore.show.progress import Progress, StderrLine, Step

# ---- what an output must hold --------------------------------------------------------------------


def bundle(shown: Any) -> str:
    """A card: our own markup, its text, and both forms of the object as text."""
    forms = shown._repr_mimebundle_()
    assert_safe(forms)
    assert unseen(repr(shown)) == unseen(str(shown)) == []
    return forms["text/html"] + forms["text/plain"]


def drawn_bundle(shown: Any) -> str:
    """A card with a picture in it."""
    forms = shown._repr_mimebundle_()
    assert set(forms) == {"text/html", "text/plain"}
    assert problems(forms["text/html"], *WITH_PICTURES) == []
    assert unseen(forms["text/plain"]) == []
    return forms["text/html"] + forms["text/plain"]


def table(frame: pd.DataFrame | Callable[[], pd.DataFrame]) -> str:
    """A frame as a notebook shows it, as CSV, as text for a terminal."""
    frame = frame() if callable(frame) else frame
    page = frame._repr_html_()
    assert_table_safe(page)
    file = io.StringIO()
    to_csv(frame, file)
    cells = [cell for row in csv.reader(io.StringIO(file.getvalue())) for cell in row]
    assert [cell for cell in cells if cell.startswith(FORMULA_STARTS) and not number(cell)] == []
    safe = display_safe(frame).to_string(max_colwidth=200)
    assert unseen(safe) == []
    return page + file.getvalue()


def text(shown: str) -> str:
    assert unseen(shown) == []
    return shown


def dot(source: str) -> str:
    check_dot(source)
    return text(source)


def svg(source: str, *more: str) -> str:
    check_svg(source, frozenset(more))
    return source


def mermaid(source: str) -> str:
    check_mermaid(source)
    return text(source)


def page(source: str) -> str:
    assert_page_safe(source, SVG_ELEMENTS, SVG_ATTRIBUTES | {"text-anchor", "font-weight"})
    return source


def json_text(source: str) -> str:
    """JSON in ASCII: nothing in it is obeyed by a terminal, and no page ends early in it."""
    assert source.isascii()
    assert unseen(source) == []
    json.loads(source)
    return source


def state(widget: ipywidgets.Widget) -> str:
    """The state of a widget and of all below it: markup only where markup is shown, nothing unseen anywhere."""
    told = []
    for one in widgets_of(widget):
        sent = one.get_state()
        assert sent.get("description_allow_html") in (None, False)
        for path, value in strings(sent):
            told.append(value)
            if value.startswith(MARKUP_STARTS) and path[-1] in MARKUP_TRAITS:
                assert problems(value, *WITH_PICTURES) == [], path
            elif (
                not path[0].startswith("_") and path[0] != "placeholder"
            ):  # ipywidgets' own is a space of no width
                assert unseen(value) == [], path
    return "".join(told)


WITH_PICTURES = (
    {"a", "b", "code", "details", "div", "p", "pre", "small", "span", "style", "summary", "table", "tbody", "td", "th", "thead", "tr"} | SVG_ELEMENTS,
    {"class", "title", "style", "open", "scope", "href", "rel"} | SVG_ATTRIBUTES | {"data-ends"},
)  # fmt: skip
MARKUP_STARTS = ("<",)
# Where a script of ours sets markup; everything else is set as text.
MARKUP_TRAITS = {"value", "card", "svg", "text/html"}


def number(cell: str) -> bool:
    return cell.lstrip("+-").replace(".", "", 1).isdigit()


def strings(tree: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(tree, str):
        yield path, tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield (*path, str(key)), str(key)
            yield from strings(value, (*path, str(key)))
    elif isinstance(tree, list | tuple):
        for value in tree:
            yield from strings(value, (*path, "[]"))


def widgets_of(widget: ipywidgets.Widget) -> list[ipywidgets.Widget]:
    found, waiting = [], [widget]
    while waiting:
        found.append(waiting.pop())
        waiting += getattr(found[-1], "children", ())
    return found


# ---- the sweep -----------------------------------------------------------------------------------


class Sweep:
    """Which outputs were made of which payloads, and which fields they have shown."""

    def __init__(self, name: str, fields: list[str]) -> None:
        self.name = name
        self.fields = fields
        self.outputs: set[str] = set()
        self.payloads: set[int] = set()
        self.shown: set[int] = set()
        self.pairs: set[tuple[str, int]] = set()

    def take(self, output: str, payload: int, made: str) -> None:
        self.outputs.add(output)
        self.payloads.add(payload)
        found = fields_in(made)
        self.shown |= found
        self.pairs |= {(output, field) for field in found}

    def told(self) -> int:
        """Print the size, and return it."""
        size = len(self.outputs) * len(self.payloads) * len(self.fields)
        print(
            f"\npayload sweep, {self.name}: {len(self.outputs)} outputs x {len(self.payloads)} payloads x "
            f"{len(self.fields)} fields = {size:,}; {len(self.shown)} fields seen, {len(self.pairs)} times in an output"
        )
        return size


Take = Callable[[str, Callable[[], str]], None]


@pytest.fixture(scope="module")
def hostile() -> Iterator[tuple[rx.Repository, list[str]]]:
    sandbox, fields = hostile_sandbox()
    with sandbox:
        yield sandbox.registry["hostile/app"], fields


def outputs_of(repository: rx.Repository, number: int, take: Take) -> None:
    """Make every output of one payload's image, index and artifact."""
    image, index, artifact = (
        repository.get(tag_of(number) + ending) for ending in ("", "-index", "-artifact")
    )
    other = repository.get(tag_of(0))
    for name, one in (("image", image), ("index", index), ("artifact", artifact)):
        take(f"{name} card", lambda one=one: bundle(one))
        take(f"{name} layers", lambda one=one: table(one.layers))
        take(f"{name} descriptor", lambda one=one: card(value_cards.descriptor_card, one.document.descriptor))
        take(f"{name} document", lambda one=one: card(value_cards.value_document_card, one.document))
        take(
            f"{name} document repr", lambda one=one: text(repr(one.document) + repr(one.document.descriptor))
        )
        graph = one.graph(progress=False)
        take(f"{name} graph card", lambda graph=graph: drawn_bundle(graph))
        take(f"{name} graph DOT", lambda graph=graph: dot(graph.to_dot()))
        take(f"{name} graph SVG", lambda graph=graph: svg(graph.to_svg()))
        take(f"{name} graph Mermaid", lambda graph=graph: mermaid(graph.to_mermaid()))
        take(f"{name} graph tree", lambda graph=graph: text(graph.to_text(annotations=True)))
        take(f"{name} graph JSON", lambda graph=graph: json_text(graph.to_json()))
        take(f"{name} graph nodes", lambda graph=graph: table(graph.nodes))
        take(f"{name} graph widget", lambda graph=graph: selected(graph))
        take(f"{name} graph selection", lambda graph=graph: text(repr(graph.selected) + str(graph.selected)))
    if isinstance(image, rx.Image) and isinstance(index, rx.Index):
        outputs_of_images(image, index, take)
    take("SBOM packages", lambda: table(image.sbom()))
    take("SBOM diff", lambda: table(image.sbom_diff(other)))
    take("evidence", lambda: table(image.evidence()))
    take("referrers", lambda: table(image.referrers(recursive=True)))
    take("comparison card", lambda: bundle(rx.compare(image, other)))
    take("comparison history", lambda: table(rx.compare(image, other).history))
    take("comparison packages", lambda: table(rx.compare(image, other).packages))
    take("difference", lambda: table(rx.diff(image, index)))


def outputs_of_images(image: rx.Image, index: rx.Index, take: Take) -> None:
    """Make what only readable images and indexes have: half a character makes a document unreadable."""
    take("config card", lambda: card(value_cards.value_document_card, image.config))
    take(
        "config repr",
        lambda: text(repr(image.config) + repr(image.config.platform) + str(image.config.platform)),
    )
    take("history", lambda: table(image.history))
    take("platforms", lambda: table(index.platforms))
    take("platform of an index", lambda: text("".join(str(one.platform) for one in index.manifests)))
    take("files", lambda: table(image.files(all=True, progress=None)))
    take("file tree", lambda: bundle(image.tree()))
    take("waste", lambda: bundle(image.waste()))
    take("operating system", lambda: text(repr(image.os)))
    take("packages", lambda: table(image.packages()))
    take("dockerfile", lambda: text(image.dockerfile()))
    take("SBOM check", lambda: table(image.sbom_check()))


def card(make: Callable[[Any], Any], shown: Any) -> str:
    forms = mimebundle(lambda: make(shown))
    assert_safe(forms)
    return forms["text/html"] + forms["text/plain"]


def selected(graph: rx.Graph) -> str:
    """The state of the clickable graph, with each node clicked once."""
    widget = graph.widget()
    told = state(widget)
    for name in list(widget._screen.items)[:6]:
        widget._hear(widget, {"kind": "select", "node": name, "picture": widget._number}, [])
        widget.wait()
        told += state(widget)
    return told


def test_t1_t2_t3_t4_t7_t9_t10_objects(hostile: tuple[rx.Repository, list[str]]) -> None:
    repository, fields = hostile
    sweep = Sweep("objects", fields)
    for n, payload in enumerate(EVERY_PAYLOAD):

        def take(output: str, make: Callable[[], str], n: int = n, payload: str = payload) -> None:
            try:
                made = make()
            except errors.RegexploreError as refused:
                # Refused is safe too, if the refusal is.
                made = refusal(refused)
            except AssertionError as unsafe:
                unsafe.add_note(f"{output}, payload {payload[:60]!r}")
                raise
            sweep.take(output, n, made)

        outputs_of(repository, n, take)
    assert sweep.told() > 100_000
    assert len(sweep.shown) >= 60
    assert len(sweep.pairs) >= 350


def refusal(error: BaseException) -> str:
    """Every form of an error: as text, in a traceback, as a card."""
    told = [str(error), repr(error), getattr(error, "hint", ""), *map(str, getattr(error, "errors", ()))]
    lines = "".join(traceback.format_exception(error))
    assert unseen("".join(told)) == unseen(lines) == []
    if isinstance(error, errors.RegexploreError):
        told.append(card(value_cards.error_card, error))
    return "".join(told) + lines


# ---- the whole repository: audit, exports, explorer, commands ------------------------------------


def test_t1_t2_t3_t9_t10_the_whole_repository(
    hostile: tuple[rx.Repository, list[str]], tmp_path: Path
) -> None:
    repository, fields = hostile
    sweep = Sweep("repository and audit", fields)
    report = rx.audit(repository, depth="files", progress=None)
    outputs: dict[str, Callable[[], str]] = {
        "registry card": lambda: bundle(rx.Registry(repository.reference.registry)),
        "repository card": lambda: bundle(repository),
        "tags": lambda: table(repository.tags(progress=None)),
        "tags with detail": lambda: table(repository.tags(detail=True, progress=None)),
        "repositories with detail": lambda: table(
            rx.Registry(repository.reference.registry).repositories(detail=True, progress=None)
        ),
        "graph of the repository": lambda: svg(repository.graph(progress=False).to_svg()),
        "graph page": lambda: page(
            repository.graph(progress=False).save(tmp_path / "graph.html", limit=10_000).read_text("utf-8")
        ),
        "sharing": lambda: bundle(rx.sharing(repository)),
        "package search": lambda: table(rx.find_package(repository, "*", progress=None)),
        "audit card": lambda: bundle(report),
        "audit page": lambda: page(report.to_html()),
        "audit SARIF": lambda: json_text(report.to_sarif()),
        "audit JSON": lambda: json_text(report.to_json()),
        "audit OpenVEX": lambda: json_text(report.to_openvex()),
        "audit severity picture": lambda: svg(report.picture("severity").svg, "text-anchor", "font-weight") and text(layout_less(report.picture("severity").text)),
        "audit coverage picture": lambda: svg(report.picture("coverage").svg, "text-anchor", "font-weight") and text(layout_less(report.picture("coverage").text)),
        **{f"audit {name}": lambda frame=frame: table(frame) for name, frame in report.result.frames.items()},
        "audit summary": lambda: table(report.summary().reset_index()),
        "audit by rule": lambda: table(report.by_rule()),
        "audit CSV": lambda: "".join(file.read_text("utf-8") for file in report.to_csv(tmp_path / "csv")),
        "audit comparison": lambda: table(report.compare(report.save(tmp_path / "report.json"))),
    }  # fmt: skip
    for name, make in outputs.items():
        made = make()
        for n in range(len(EVERY_PAYLOAD)):
            sweep.take(name, n, made)
    assert sweep.told() > 60_000
    assert len(sweep.shown) >= 25


@pytest.mark.slow
def test_t3_the_explorer(hostile: tuple[rx.Repository, list[str]]) -> None:
    repository, fields = hostile
    sweep = Sweep("explorer", fields)
    for n in range(0, len(EVERY_PAYLOAD), 4):
        for ending in ("", "-index", "-artifact"):
            explorer = rx.explore(f"{repository.reference}:{tag_of(n)}{ending}").wait()
            try:
                for title in explorer.model.tab_titles:
                    explorer.model.open_tab(title)
                    explorer.wait()
                    sweep.take(f"explorer {title}", n, state(explorer.widget))
                still = explorer._still._bundle()
                assert_safe(still)
                sweep.take("explorer without a kernel", n, "".join(still.values()))
            finally:
                explorer.close()
    assert sweep.told() > 3_000
    assert len(sweep.shown) >= 50


def layout_less(lines: str) -> str:
    return lines.replace("\n", " ")


COMMANDS = [
    ["repositories", "{host}"],
    ["tags", "{repo}"],
    ["tags", "{repo}", "--detail"],
    *(
        [command, f"{{repo}}:{{tag}}{ending}", *more]
        for ending in ("", "-index", "-artifact")
        for command, *more in (
            ["show"],
            ["referrers", "--recursive"],
            ["tree"],
            *(["graph", "--format", form] for form in ("text", "svg", "dot", "mermaid", "json")),
        )
    ),
    ["files", "{repo}:{tag}"],
    ["packages", "{repo}:{tag}"],
    ["diff", "{repo}:{tag}", "{repo}:p00"],
    *(["audit", "{repo}:{tag}", "--format", form, "--fail-on", "never"] for form in ("text", "sarif", "json", "openvex")),
]  # fmt: skip


@pytest.mark.slow
def test_t9_the_command_line(hostile: tuple[rx.Repository, list[str]]) -> None:
    repository, fields = hostile
    sweep = Sweep("command line", fields)
    runner = CliRunner()
    once = [command for command in COMMANDS if not any("{tag}" in word for word in command)]
    for n in range(len(EVERY_PAYLOAD)):
        for command in COMMANDS if n else [*once, *(c for c in COMMANDS if c not in once)]:
            if n and command in once:
                continue
            words = [
                word.format(host=repository.reference.registry, repo=repository.reference, tag=tag_of(n))
                for word in command
            ]
            done = runner.invoke(app, words)
            assert isinstance(done.exception, errors.RegexploreError | SystemExit | None), words
            said = done.stdout + done.stderr
            if done.exception is not None:
                said += refusal(done.exception)
            assert unseen(said.replace("\r", "")) == [], words
            sweep.take(" ".join(word for word in command if "{" not in word), n, said)
    assert sweep.told() > 50_000


# ---- what is no document: names in listings, errors, headers, progress, logs ---------------------


def hostile_answers(say: Marked, host: str) -> dict[str, Answer]:
    """Everything that a registry may say outside of documents."""
    word = header_text(say("header"))
    address = header_text(f"/v2/x?{say('address')}")
    plain = [("Content-Type", "application/json")]
    return {
        "error body": Answer(400, error_body(say), plain),
        "error body 404": Answer(404, error_body(say), plain),
        "error body 429": Answer(429, error_body(say), [*plain, ("Retry-After", word), ("RateLimit-Limit", word)]),
        "error body 500": Answer(500, error_body(say), plain),
        "error page": Answer(403, say("error page").encode("utf-8", "replace"), [("Content-Type", word)]),
        "not JSON": Answer(200, say("body").encode("utf-8", "replace"), [("Content-Type", word)]),
        "other JSON": json_answer({say("key"): say("value")}),
        "wrong list": json_answer({"tags": {say("key"): 1}, "repositories": [1, say("name")]}),
        "link": json_answer({"tags": [say("tag name")], "repositories": [say("repository name")]}, ("Link", f"<{word}>; rel=next")),
        "link elsewhere": json_answer({"tags": [], "repositories": []}, ("Link", f'<http://x.example/{word}>; rel="next"')),
        "redirect": Answer(307, headers=[("Location", word)]),
        "redirect elsewhere": Answer(307, headers=[("Location", f"http://127.0.0.1:1/{word}")]),
        "redirect here": Answer(307, headers=[("Location", f"http://{host}{address}")]),
        "realm": Answer(401, b"", [("WWW-Authenticate", f'Bearer realm="{word}",service="{word}",scope="{word}"')]),
        "challenge": Answer(401, error_body(say), [("WWW-Authenticate", word)]),
        "digest": Answer(200, b"{}", [("Docker-Content-Digest", word), ("Content-Type", word)]),
        "encoding": Answer(200, b"{}", [("Content-Encoding", word)]),
        "length": Answer(200, b"{}", [("X-Odd", word)], length=word),
        "warning": json_answer({"tags": [say("tag name")], "repositories": [say("repository name")]},
                               ("Warning", f'299 - "{header_text(say("warning")).replace(chr(34), chr(39))}"')),
    }  # fmt: skip


DIGEST = "sha256:" + "a" * 64
CALLS: dict[str, Callable[[rx.Repository], Any]] = {
    "repositories": lambda repo: rx.Registry(repo.reference.registry, options=repo.options).repositories(progress=None),
    "tags": lambda repo: repo.tags(progress=None),
    "get": lambda repo: repo.get("v1"),
    "blob": lambda repo: repo.blobs.fetch_reference(DIGEST)[1].read(),
    "push": lambda repo: repo.push(rx.Descriptor.from_bytes("a/b", b"x"), io.BytesIO(b"x")),
}  # fmt: skip
# The same answers come through the same door; these make something of their own of what went wrong.
MORE_CALLS: dict[str, Callable[[rx.Repository], Any]] = {
    "ping": lambda repo: rx.Registry(repo.reference.registry, options=repo.options).ping(),
    "tags with detail": lambda repo: repo.tags(detail=True, progress=None),
    "resolve": lambda repo: repo.resolve("v1"),
    "referrers": lambda repo: repo.referrers(DIGEST),
    "graph": lambda repo: repo.graph("v1", progress=False),
    "tag": lambda repo: repo.tag(repo.resolve("v1"), "v2"),
    "delete": lambda repo: repo.delete(rx.Descriptor.from_bytes("a/b", b"x")),
    "audit": lambda repo: rx.audit(repo, progress=None),
}


def test_t1_t9_answers_that_are_no_documents(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    say = Marked("")
    sweep = Sweep("errors, headers and logs", say.fields)
    answers: dict[str, Answer] = {}

    with scripted(lambda seen: answers[now[0]]) as server:
        for n, payload in enumerate(EVERY_PAYLOAD):
            say.payload = payload
            answers = hostile_answers(say, server.host)
            for kind in answers:
                now = [kind]
                for name, call in {**CALLS, **({} if n % 11 else MORE_CALLS)}.items():
                    sweep.take(f"{name} answered by {kind}", n, outcome(call, server.host, name == "tags"))
            sweep.take("logs", n, text(caplog.text.replace("\n", "")))
            caplog.clear()
    assert sweep.told() > 40_000
    assert len(sweep.shown) >= 9


def outcome(call: Callable[[rx.Repository], Any], host: str, wire_too: bool) -> str:
    """Call, and give whatever comes of it, all of it safe."""
    repository = rx.Repository(f"{host}/some/app", options=options_for(host, tag_list_max_pages=3, repository_list_max_pages=3))  # fmt: skip
    with warnings.catch_warnings(record=True) as heard, rx.trace() as wire:
        warnings.simplefilter("always")
        try:
            made = result(call(repository))
        except (errors.RegexploreError, RecursionError) as error:
            made = refusal(error)
    told = [str(one.message) for one in heard]
    assert unseen("".join(told)) == []
    if wire_too:
        made += bundle(wire) + table(wire.frame()) + text(layout_less(str(wire.diagram())))
    return made + "".join(told) + bundle(repository)


def result(found: Any) -> str:
    if isinstance(found, pd.DataFrame):
        return table(found)
    if isinstance(found, rx.Graph):
        return drawn_bundle(found)
    if hasattr(found, "_repr_mimebundle_"):
        return bundle(found)
    return text(repr(found))


@pytest.mark.parametrize("payload", EVERY_PAYLOAD)
def test_t9_progress(payload: str) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    line = StderrLine(stream)
    line.update(Step("tag", 1, 2, note=payload))
    line.finish(Step("tag", 2, 2, note=payload, finished=True))
    assert unseen(stream.getvalue().replace("\r", "")) == []
    told: list[str] = []
    with Progress("tag", 1, show=lambda step: told.append(str(step))) as progress:
        progress.advance(note="x")
    assert told


# ---- any text ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shelf() -> Iterator[tuple[rx.Repository, Shelf]]:
    with rx.Sandbox() as sandbox:
        yield sandbox.registry["any/text"], Shelf(sandbox.store, "any/text")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec=None), min_size=1, max_size=60))
def test_t1_t4_t7_t9_any_text_in_every_field(shelf: tuple[rx.Repository, Shelf], payload: str) -> None:
    repository, place = shelf
    say = Marked(payload)
    image = repository.get(str(put_image(place, say, "x").digest))
    index = repository.get(str(put_index(place, say, image.document.descriptor, "y").digest))
    artifact = repository.get(str(put_artifact(place, say, "z").digest))
    for one in (image, index, artifact):
        bundle(one)
        graph = one.graph(progress=False)
        dot(graph.to_dot())
        mermaid(graph.to_mermaid())
        text(graph.to_text(annotations=True))
    for frame in (image.history, image.layers(), index.platforms, artifact.layers()):
        table(frame)
