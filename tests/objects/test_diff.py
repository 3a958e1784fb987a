"""The difference between two artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regexplore.objects.difference import diff

if TYPE_CHECKING:
    import pandas as pd
    from conftest import Shelf


def told(frame: pd.DataFrame) -> set[tuple[str, str, str]]:
    return {(row.part, row.key, row.change) for row in frame.itertuples()}


def test_equal_images_have_no_difference(shelf: Shelf) -> None:
    shelf.image("v1")
    frame = diff(shelf.get("v1"), shelf.get("v1"))
    assert frame.empty
    assert list(frame.columns) == ["part", "key", "change", "a", "b"]
    every = diff(shelf.get("v1"), shelf.get("v1"), same=True)
    assert set(every["change"]) == {"same"}
    assert {"manifest", "config", "layers", "labels"} <= set(every["part"])


def test_images_that_differ(shelf: Shelf) -> None:
    shelf.image("v1", layers=2)
    shelf.image("v2", layers=3)
    one, other = shelf.get("v1"), shelf.get("v2")
    added = str(other.layer_descriptors[-1].digest)
    before = shelf.store.total()
    assert told(diff(one, other)) == {("layers", added, "only in b")}
    assert told(diff(other, one)) == {("layers", added, "only in a")}
    assert shelf.store.total() == before


def test_config_and_labels(shelf: Shelf) -> None:
    shelf.image("v1", text="x", layers=0)
    shelf.image("v2", text="y", layers=0)
    frame = diff(shelf.get("v1"), shelf.get("v2"))
    assert told(frame) == {("config", "Env TEXT", "changed"), ("labels", "label", "changed")}
    assert frame[frame["part"] == "labels"][["a", "b"]].to_numpy().tolist() == [["x", "y"]]


def test_indexes(shelf: Shelf) -> None:
    one, other = shelf.image(text="1"), shelf.image(text="2")
    shelf.index("v1", [("linux/amd64", one), ("linux/arm64", one)], annotations={"a": "1"})
    shelf.index("v2", [("linux/amd64", other), ("linux/s390x", one)], annotations={"a": "1", "b": "2"})
    assert told(diff(shelf.get("v1"), shelf.get("v2"))) == {
        ("platforms", "linux/amd64", "changed"),
        ("platforms", "linux/arm64", "only in a"),
        ("platforms", "linux/s390x", "only in b"),
        ("annotations", "b", "only in b"),
    }


def test_an_image_and_an_artifact(shelf: Shelf) -> None:
    shelf.image("v1")
    shelf.artifact("application/spdx+json", tag="sbom")
    assert ("manifest", "kind", "changed") in told(diff(shelf.get("v1"), shelf.get("sbom")))


def test_a_config_that_cannot_be_read_makes_the_difference_partial(shelf: Shelf) -> None:
    shelf.image("v1")
    shelf.store.broken = {"fetch sha256"}
    frame = diff(shelf.get("v1"), shelf.get("v1"))
    assert not frame.attrs["complete"]
