"""T26 to T35: what costs the sender little and the reader much. Tests beside the code hold the limits of each reader."""

from __future__ import annotations

import base64
import gzip
import importlib
import json
import pkgutil
import re
import re._constants as codes
import re._parser as parser
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.clients import options_for
from support.scripted_server import Answer, Seen, error_answer, json_answer, scripted

import regexplore
import regexplore as rx
from regexplore import errors
from regexplore.content.layer_limits import LayerLimits
from regexplore.content.memory import MemoryStore
from regexplore.evidence.sboms.parse import parse_sbom
from regexplore.evidence.sboms.sbom import Sbom
from regexplore.image.compression import unpacked
from regexplore.oci import Descriptor, media_types
from regexplore.remote.link import next_page
from regexplore.sandbox.faults import Fault

ENDLESS: dict[str, Callable[[rx.Repository], Any]] = {
    "tags": lambda repo: repo.tags(progress=None),
    "manifest": lambda repo: repo.get("v1"),
    "referrers": lambda repo: repo.referrers("sha256:" + "a" * 64),
    "catalog": lambda repo: rx.Registry(repo.reference.registry, options=repo.options).repositories(progress=None),
    "ping": lambda repo: rx.Registry(repo.reference.registry, options=repo.options).ping(),
    "audit": lambda repo: rx.audit(repo, progress=None),
}  # fmt: skip


@pytest.mark.parametrize("operation", ENDLESS)
@pytest.mark.parametrize("fault", [Fault.endless_body(), Fault.drip(0.5)], ids=["endless", "drip"])
def test_t26_t27_a_body_without_end_ends(operation: str, fault: Fault) -> None:
    with rx.Sandbox() as sandbox:
        options = options_for(sandbox.host, deadline=1.0, transfer_deadline=1.0, max_metadata_bytes=1 << 20)
        repository = rx.Repository(f"{sandbox.host}/some/app", options=options)
        sandbox.faults.add(fault)
        try:
            found = ENDLESS[operation](repository)
        except errors.RegexploreError as error:
            assert error.hint
        else:
            # Where only the head of an answer counts the body is not read at all; else what is missing is told.
            assert operation == "ping" or not complete(found)


def complete(found: Any) -> bool:
    return found.complete if isinstance(found, rx.AuditReport) else found.attrs["complete"]


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_t26_nor_do_error_bodies_and_tokens(status: int) -> None:
    huge = b"x" * (6 << 20)
    headers = [("WWW-Authenticate", 'Bearer realm="http://HOST/token",service="s"')]

    def respond(seen: Seen) -> Answer:
        said = [(name, value.replace("HOST", seen.headers["Host"])) for name, value in headers]
        return Answer(200 if "/token" in seen.target else status, huge, said)

    with scripted(respond) as server:
        repository = rx.Repository(f"{server.host}/a", options=options_for(server.host))
        with pytest.raises(errors.RegexploreError) as caught:
            repository.tags()
    assert len(str(caught.value)) + len(getattr(caught.value, "excerpt", "")) < 10_000


@pytest.mark.parametrize("size", [1, 1 << 40])
def test_t26_the_size_of_a_descriptor_is_never_believed(size: int) -> None:
    """A descriptor that says more or less than there is allocates nothing: of a blob it is told at once."""
    said = Descriptor(media_types.OCTET_STREAM, Descriptor.from_bytes("", b"{}").digest, size)
    with scripted(lambda seen: Answer(200, b"{}", [("Content-Type", media_types.OCI_MANIFEST)])) as server:
        repository = rx.Repository(f"{server.host}/a", options=options_for(server.host))
        with pytest.raises(errors.ContentError):
            repository.fetch_all(said)


def test_t28_a_bomb_in_an_answer_is_never_unpacked() -> None:
    bomb = gzip.compress(b"0" * (50 << 20))
    with scripted(
        lambda seen: Answer(
            200, bomb, [("Content-Encoding", "gzip"), ("Content-Type", media_types.OCI_MANIFEST)]
        )
    ) as server:
        repository = rx.Repository(f"{server.host}/a", options=options_for(server.host))
        for call in (lambda: repository.tags(), lambda: repository.get("v1")):
            with pytest.raises(errors.UnexpectedContentError, match="encoded"):
                call()


def test_t28_a_bomb_in_a_layer_stops_at_its_limit() -> None:
    import io

    bomb = gzip.compress(b"0" * (50 << 20))
    taken = 0
    with pytest.raises(errors.SizeExceedsLimitError):
        for chunk in unpacked(io.BytesIO(bomb), limits=LayerLimits(unpacked_bytes=4 << 20)):
            taken += len(chunk)
    assert taken <= 4 << 20


def test_t31_a_thousand_referrers_of_a_thousand_referrers_end() -> None:
    """Every manifest says that it is about the one before, and the last about itself by name."""
    store = MemoryStore()
    subject = store.add_document(
        media_types.OCI_MANIFEST, {"config": store.add(media_types.OCI_EMPTY, b"{}").to_json(), "layers": []}
    )
    last = subject
    for n in range(1_200):
        fields = {
            "config": store.add(media_types.OCI_EMPTY, b"{}").to_json(),
            "layers": [],
            "subject": last.plain().to_json(),
            "annotations": {"n": str(n)},
        }
        last = store.add_document(media_types.OCI_MANIFEST, fields)
    graph = rx.Graph.of(store, [str(subject.digest)], progress=False)
    assert len(graph.content.nodes) < 6_000


@pytest.mark.parametrize("pages", ["fresh", "loop", "duplicate"])
def test_t32_a_listing_without_end_ends(pages: str) -> None:
    count = [0]

    def respond(seen: Seen) -> Answer:
        count[0] += 1
        target = {
            "fresh": f"?last=t{count[0]}",
            "loop": "?last=t1",
            "duplicate": f"?n=1&last=t{count[0] % 3}",
        }[pages]
        path = seen.target.partition("?")[0]
        return json_answer(
            {"tags": ["same"], "repositories": ["same"]}, ("Link", f'<{path}{target}>; rel="next"')
        )

    with scripted(respond) as server:
        options = options_for(server.host, tag_list_max_pages=20, repository_list_max_pages=20)
        repository = rx.Repository(f"{server.host}/a", options=options)
        with pytest.raises(errors.ListingError):
            list(repository.tag_pages())
        with pytest.raises(errors.ListingError):
            list(rx.Registry(server.host, options=options).repository_pages())
    assert count[0] <= 50


@pytest.mark.parametrize(
    "link", ["</v2/a/tags/list?last=x>; rel=next" * 2_000, "<" * 9_000, "<http://x.example/>; rel=next", '<//x.example/v2>; rel="next"', "<http://[x>; rel=next"]
)  # fmt: skip
def test_t32_a_link_that_leaves_or_cannot_be_read_is_refused(link: str) -> None:
    with pytest.raises(errors.InvalidLinkError):
        next_page([link], "http://127.0.0.1:5000/v2/a/tags/list")


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Every compiled pattern of the package."""
    for found in pkgutil.walk_packages(regexplore.__path__, "regexplore."):
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                yield f"{found.name}.{name}", value


def nested_repeats(tree: Any, inside: bool = False) -> Iterator[Any]:
    """Repeats without end inside of repeats without end, where the inner may match in more than one way."""
    for code, argument in tree:
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            _, most, inner = argument
            endless = most is codes.MAXREPEAT or most > 1_000
            if endless and inside and is_loose(inner):
                yield inner
            yield from nested_repeats(inner, inside or endless)
        elif code is codes.SUBPATTERN:
            yield from nested_repeats(argument[3], inside)
        elif code is codes.BRANCH:
            for branch in argument[1]:
                yield from nested_repeats(branch, inside)
        elif code in (codes.ASSERT, codes.ASSERT_NOT):
            yield from nested_repeats(argument[1], inside)


def is_loose(tree: Any) -> bool:
    return len(tree) > 0


# Looked at by hand: in each, what stands between two rounds is a character that the repeat inside cannot take.
TOLD_APART = {
    "regexplore.graph.svg._GROUP",
    "regexplore.graph.svg._HEAD",
    "regexplore.image.packages.versions._PLAIN",
    "regexplore.objects.explained_words._KEY",
    "regexplore.oci.reference._COMPONENT",
    "regexplore.oci.strict_json._TEXTS",
}


def test_t33_no_pattern_repeats_what_repeats() -> None:
    """Nested repeats are what makes a pattern take for ever: each of them is looked at before it is used."""
    seen, nested = 0, set()
    for name, pattern in patterns():
        seen += 1
        flags = pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags
        if any(nested_repeats(parser.parse(pattern.pattern, flags))):
            nested.add(name)
    assert seen > 60
    assert nested <= TOLD_APART


LONG = "a" * 100_000
ADVERSARIAL: dict[str, Callable[[], Any]] = {
    "reference": lambda: rx.normalize("a/" * 50_000),
    "digest": lambda: rx.Digest("sha256:" + LONG),
    "platform": lambda: rx.Platform.parse("/" * 100_000),
    "link": lambda: next_page(["<" + LONG], "http://x/"),
}


@pytest.mark.parametrize("text", ADVERSARIAL)
def test_t33_long_texts_are_refused_by_their_length(text: str) -> None:
    with pytest.raises(ValueError if text == "platform" else errors.RegexploreError) as caught:
        ADVERSARIAL[text]()
    assert text == "platform" or len(str(caught.value)) < 1_000


BILLION_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b']><bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components><component><name>&j;</name></component></components></bom>'
)
OUTSIDE = b'<!DOCTYPE b [<!ENTITY f SYSTEM "file:///etc/passwd">]><bom xmlns="http://cyclonedx.org/schema/bom/1.6">&f;</bom>'
DEEP: Any = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}


def deep(levels: int) -> bytes:
    inner = b'{"name": "x", "components": [' * levels + b"{}" + b"]}" * levels
    return b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [' + inner + b"]}"


@pytest.mark.parametrize(
    "raw",
    [
        BILLION_LAUGHS,
        OUTSIDE,
        deep(2_000),
        b"<bom>" + b"<a>" * 100_000,
        b"SPDXVersion: SPDX-2.3\n" + b"PackageLicenseDeclared: " + b"(" * 100_000,
        json.dumps({**DEEP, "components": [{"name": "x", "licenses": [{"expression": "(" * 100_000}]}]}).encode(),
        b'{"spdxVersion": "SPDX-2.3", "packages": [' + b'{"name": "x"},' * 1_000,
        base64.b64encode(b"x" * 100_000),
    ],
    ids=["entities", "file", "nested components", "nested elements", "licence", "licence expression", "cut off", "no SBOM"],
)  # fmt: skip
def test_t34_an_sbom_that_means_harm_is_read_or_refused(raw: bytes) -> None:
    try:
        found = parse_sbom(raw)
    except errors.DocumentError as refused:
        assert "passwd" not in str(refused)
    else:
        assert isinstance(found, Sbom)
        assert "root:" not in str(found)
        assert len(str(found)) < 2_000_000


@pytest.mark.parametrize("raw", [BILLION_LAUGHS, OUTSIDE], ids=["entities", "file"])
def test_t34_an_xml_document_with_a_declaration_is_refused(raw: bytes) -> None:
    with pytest.raises(errors.DocumentError, match="document type declaration"):
        parse_sbom(raw)


def test_t35_an_audit_of_a_registry_that_has_had_enough_says_so() -> None:
    """429 with an hour to wait: nothing hammers, nothing passes, and the report says what is missing."""
    with rx.Sandbox.demo() as sandbox:
        sandbox.faults.add(Fault.status(429, retry_after=1_000_000_000), path="*/blobs/*")
        sandbox.faults.add(Fault.status(429, retry_after=1_000_000_000), path="*/referrers/*")
        report = rx.audit(sandbox.registry["demo/web"], progress=None)
        sent = len(sandbox.log)
    assert not report.complete
    assert any("429" in reason for reason in report.reasons)
    assert report["CFG01"]["status"].tolist() == ["unknown"]
    assert sent < 40


def test_t35_a_wait_of_the_past_or_of_for_ever_is_none() -> None:
    for wait in ("-5", "Thu, 01 Jan 1970 00:00:00 GMT", "1e9", "999999999999999999999", "soon"):
        answer = error_answer(429, "TOOMANYREQUESTS", headers=[("Retry-After", wait)])
        with scripted(lambda seen, answer=answer: answer) as server:
            options = options_for(server.host, retries=2, deadline=2.0)
            with pytest.raises(errors.RegexploreError):
                rx.Repository(f"{server.host}/a", options=options).tags()
        assert len(server.seen) <= 4
