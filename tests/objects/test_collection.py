"""Tags as frames: cost in requests, errors, interrupts, limits, and empty repositories."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from regexplore.errors import NotFoundError
from regexplore.objects.artifact import Artifact
from regexplore.objects.image import Image
from regexplore.objects.index import Index
from regexplore.oci import Descriptor, Document, media_types
from regexplore.show.progress import Step

if TYPE_CHECKING:
    from conftest import Shelf


def test_names_cost_one_request_a_page_and_are_sorted_as_versions(shelf: Shelf) -> None:
    image = shelf.image()
    for n in range(10_000):
        shelf.store.tag(image, f"v1.{n}")
    frame = shelf.tags()
    assert len(frame) == 10_000
    assert frame["tag"].tolist()[-2:] == ["v1.9998", "v1.9999"]
    assert frame.attrs["requests"] == 10 == shelf.store.calls["tags"]
    assert frame.attrs["source"] == "localhost:5000/demo/app"
    assert frame.attrs["complete"]


def test_detail_costs_one_get_a_tag_and_one_for_each_distinct_config(shelf: Shelf) -> None:
    for n in range(12):
        shelf.image(f"v{n}", author=str(n % 3))
    frame = shelf.tags(detail=True)
    assert frame.attrs["requests"] == shelf.store.total() == 1 + 12 + 3
    assert set(frame["platforms"]) == {"linux/amd64"}
    assert frame["created"].notna().all()
    again = shelf.tags(detail=True)
    assert again.attrs["requests"] == 1 + 12
    assert frame.equals(again)


def test_detail_of_an_index_costs_one_get(shelf: Shelf) -> None:
    shelf.index("v1", [("linux/amd64", shelf.image(text="a")), ("linux/arm64", shelf.image(text="b"))])
    frame = shelf.tags(detail=True)
    assert frame.attrs["requests"] == 2
    assert frame.loc[0, "platforms"] == "linux/amd64, linux/arm64"


def test_one_bad_tag_is_one_row_with_its_error(shelf: Shelf) -> None:
    for tag in ("a", "b", "c"):
        shelf.image(tag, text=tag)
    shelf.store.broken = {"fetch b"}
    frame = shelf.tags(detail=True)
    assert frame["tag"].tolist() == ["a", "b", "c"]
    assert frame["error"].isna().tolist() == [True, False, True]
    assert not frame.attrs["complete"]


def test_an_empty_repository_is_an_empty_typed_frame(shelf: Shelf) -> None:
    shelf.image("v1")
    for detail in (False, True):
        empty = shelf.tags("zzz", detail=detail)
        full = shelf.tags(detail=detail)
        assert empty.empty
        assert empty.dtypes.equals(full.dtypes)
        assert empty.attrs["complete"]


def test_match_and_limit(shelf: Shelf) -> None:
    for tag in ("v1.0", "v1.1", "v2.0", "V1.2", "latest"):
        shelf.image(tag)
    assert shelf.tags(match="v1.*")["tag"].tolist() == ["v1.0", "v1.1"]
    assert shelf.tags(match="v[12].0")["tag"].tolist() == ["v1.0", "v2.0"]
    limited = shelf.tags(limit=2)
    assert len(limited) == 2
    assert limited.attrs["reasons"] == ["limit=2 reached, there may be more"]


def test_ctrl_c_while_details_arrive_keeps_them(shelf: Shelf) -> None:
    for n in range(50):
        shelf.image(f"v{n}", text=str(n))
    steps: list[Step] = []

    def progress(step: Step) -> None:
        steps.append(step)
        if step.done == 5 and step.total == 50 and not step.finished:
            raise KeyboardInterrupt

    frame = shelf.tags(detail=True, progress=progress)
    assert 5 <= len(frame) < 50
    assert frame["digest"].notna().all()
    assert frame.attrs["reasons"] == [f"stopped at {len(frame)} of 50 tags"]
    assert steps[-1].stopped


def test_ctrl_c_while_names_arrive_keeps_them(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def pages(last: str = "") -> Iterator[list[str]]:
        yield ["a", "b"]
        raise KeyboardInterrupt

    monkeypatch.setattr(shelf.store, "tag_pages", pages)
    frame = shelf.tags()
    assert frame["tag"].tolist() == ["a", "b"]
    assert frame.attrs["reasons"] == ["stopped after 2 tags"]


def test_a_later_page_that_fails_keeps_the_earlier_ones(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pages(last: str = "") -> Iterator[list[str]]:
        yield ["a"]
        raise NotFoundError("page two")

    monkeypatch.setattr(shelf.store, "tag_pages", pages)
    frame = shelf.tags()
    assert frame["tag"].tolist() == ["a"]
    assert frame.attrs["reasons"] == ["listing ended after 1 tag: NotFoundError: page two"]


def test_a_first_page_that_fails_is_an_error(shelf: Shelf) -> None:
    shelf.image("v1")
    shelf.store.broken = {"tags"}
    with pytest.raises(NotFoundError):
        shelf.tags()


def test_an_endless_listing_ends_at_the_limit(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf.store, "tag_pages", lambda last="": ([f"t{n}"] for n in itertools.count()))
    assert len(shelf.tags(limit=100)) == 100


def test_an_executor_can_be_handed_in_and_is_left_running(shelf: Shelf) -> None:
    for n in range(5):
        shelf.image(f"v{n}", text=str(n))
    with ThreadPoolExecutor(2, thread_name_prefix="mine") as pool:
        assert len(shelf.tags(detail=True, executor=pool)) == 5
        assert pool.submit(lambda: threading.current_thread().name).result().startswith("mine")


def test_get_gives_the_object_that_fits(shelf: Shelf) -> None:
    image = shelf.image("image")
    shelf.index("index", [("linux/amd64", image)])
    shelf.artifact("application/spdx+json", tag="sbom")
    shelf.named(shelf.store.add("application/vnd.example+json", b"{}"), "odd")
    kinds = {tag: type(shelf.get(tag)) for tag in ("image", "index", "sbom", "odd")}
    assert kinds == {"image": Image, "index": Index, "sbom": Artifact, "odd": Artifact}
    assert shelf["image"] == shelf.get(str(image.digest))
    assert shelf["image"].reference == "localhost:5000/demo/app:image"
    assert shelf[str(image.digest)].reference == f"localhost:5000/demo/app@{image.digest}"


def test_get_of_a_missing_name_is_an_error(shelf: Shelf) -> None:
    with pytest.raises(NotFoundError):
        shelf.get("nothing")


def test_get_of_an_unreadable_document_is_an_artifact_that_says_so(shelf: Shelf) -> None:
    shelf.named(shelf.store.add(media_types.OCI_MANIFEST, b"<html>"), "bad")
    bad = shelf.get("bad")
    assert bad.kind == "unreadable"
    assert bad.raw == b"<html>"
    assert "JSON" in str(bad)


def test_f22_completion_knows_names_that_were_seen_and_asks_nothing(shelf: Shelf) -> None:
    shelf.image("v1")
    shelf.image("v2")
    assert shelf._ipython_key_completions_() == []
    shelf.get("v2")
    shelf.tags()
    before = shelf.store.total()
    assert sorted(shelf._ipython_key_completions_()) == ["v1", "v2"]
    assert shelf.store.total() == before


def test_documents_are_read_by_the_media_type_they_came_under(shelf: Shelf) -> None:
    image = shelf.image("v1")
    assert isinstance(shelf._source.by_descriptor(image), Document)
    assert shelf.get("v1").descriptor == Descriptor(image.media_type, image.digest, image.size)
