"""What each thing that one does costs in requests, as the registry saw them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

import regexplore as rx
from regexplore.explorer.model import Model
from regexplore.explorer.target import open_target

WITHOUT_API = "distribution-2.8"


@pytest.fixture(params=["oci", WITHOUT_API])
def demo(request) -> Iterator[rx.Sandbox]:
    with rx.Sandbox.demo(profile=request.param) as sandbox:
        yield sandbox


@pytest.fixture
def asked(demo) -> Callable[[Callable[[], object]], Counter[str]]:
    """Give what a call asks: how often each kind of request was sent; the same one twice is an error."""

    def ask(call: Callable[[], object]) -> Counter[str]:
        before = len(demo.log)
        call()
        seen = [(record.method, record.path, record.query) for record in list(demo.log)[before:]]
        twice = [request for request, times in Counter(seen).items() if times > 1]
        assert twice == []
        return Counter(f"{method} {_kind(path)}" for method, path, _ in seen)

    return ask


def _kind(path: str) -> str:
    if re.search(r"/manifests/sha256-[0-9a-f]{64}$", path):
        return "referrers tag"
    return re.search(r"/(tags/list|manifests|blobs|referrers|_catalog)", path)[1]


def has_api(demo: rx.Sandbox) -> bool:
    return demo.profile.name != WITHOUT_API


def test_tags_with_detail_one_for_each_and_one_for_each_distinct_config(demo, asked):
    repo = demo.registry.repository("demo/app")
    assert asked(lambda: repo.tags(detail=True, progress=None)) == {
        "GET tags/list": 1,
        "GET manifests": 7,
        "GET blobs": 1,
    }


def test_a_second_look_sends_no_content(demo, asked):
    repo = demo.registry.repository("demo/app")
    repo.tags(detail=True, progress=None)
    assert asked(lambda: repo.tags(detail=True, progress=None)) == {"GET tags/list": 1, "HEAD manifests": 7}


def test_one_config_under_many_tags_is_fetched_once(demo, asked):
    repo = demo.registry.repository("demo/many")
    source = demo.registry.repository("demo/web")
    tag = next(tag for page in source.tag_pages() for tag in page)
    target, stream = source.fetch_reference(tag)
    raw = stream.read()
    document = rx.Document.parse(raw, target)
    for descriptor in document.successors():
        repo.push(descriptor, source.fetch(descriptor))
    for n in range(40):
        repo.push_reference(target, raw, f"v{n}")
    counted = asked(lambda: rx.Registry(demo.host).repository("demo/many").tags(detail=True, progress=None))
    assert counted == {"GET tags/list": 1, "GET manifests": 40, "GET blobs": 1}


def test_what_a_digest_names_is_never_asked_again(demo, asked):
    repo = demo.registry.repository("demo/app")
    image = repo.get("v1.2")
    assert asked(lambda: repo.get(image.descriptor.digest)) == {}
    assert asked(lambda: repo.get("v1.2")) == {"HEAD manifests": 1}


def test_referrers_of_one_manifest(demo, asked):
    repo = demo.registry.repository("demo/app")
    image = repo.get("v1.2")
    api = {"GET referrers": 1}
    assert asked(image.referrers) == (api if has_api(demo) else {**api, "GET referrers tag": 1})
    other = repo.get("v1.1")
    assert asked(other.referrers) == (api if has_api(demo) else {"GET referrers tag": 1})


def test_a_graph_asks_for_each_manifest_once_and_for_referrers_only_where_there_may_be_any(demo, asked):
    repo = demo.registry.repository("demo/app")
    counted = asked(lambda: repo.graph(progress=None))
    graph = repo.graph(progress=None)
    manifests = sum(kind in ("index", "image", "artifact") for kind in graph.nodes["kind"])
    assert counted["GET tags/list"] == 1
    assert counted["GET blobs"] == 0
    if has_api(demo):
        # A tag brings its document along; only tags that share one ask for it twice.
        assert counted["GET manifests"] <= manifests + 7
        assert counted["GET referrers"] == manifests
    else:
        # One finds out that there is no API, and falls back to one tag; the tags tell the rest.
        assert (counted["GET referrers"], counted["GET referrers tag"]) == (1, 1)


@pytest.mark.parametrize("depth", ["manifest", "config", "files"])
def test_an_audit_never_sends_the_same_request_twice(demo, asked, depth):
    counted = asked(lambda: rx.audit(demo.registry.repository("demo/app"), depth=depth, progress=None))
    assert counted["GET tags/list"] >= 1
    if not has_api(demo) and depth != "manifest":
        assert counted["GET referrers"] == 1


def test_clicking_through_the_explorer_never_sends_the_same_content_twice(demo):
    model = Model(open_target(demo.registry.repository("demo/app")))
    before = len(demo.log)
    try:
        model.start()
        model.wait()
        for tag in ("v1.2", "v1.1", "v1.2"):
            model.go_to_reference(tag)
            model.wait()
            for tab in model.tab_titles:
                model.open_tab(tab)
                model.wait()
    finally:
        model.close()
    seen = Counter(
        (record.path, record.query)
        for record in list(demo.log)[before:]
        if record.method == "GET" and "sha256:" in record.path and "/referrers/" not in record.path
    )
    assert [request for request, times in seen.items() if times > 1] == []
