"""Manifests without a tag: found by way of indexes and referrers, with the tags that keep them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import regexplore as rx
from regexplore.objects.untagged_frame import UNTAGGED


@pytest.fixture(scope="module")
def registry() -> Iterator[rx.Registry]:
    with rx.Sandbox.demo() as running:
        yield running.registry


def test_f23_platforms_and_referrers_without_a_tag(registry: rx.Registry) -> None:
    app = registry["demo/app"]
    found = app.untagged(progress=None)
    tagged = set(app.tags(detail=True, progress=None)["digest"])
    assert list(found.columns) == UNTAGGED.names
    assert not set(found["digest"]) & tagged
    assert found["digest"].is_unique
    assert set(found["reached"]) == {"child", "referrer"}
    index = app.get("v1.2")
    platforms = found[found["from"] == index.digest]
    assert {"linux/amd64", "linux/arm64/v8"} <= set(platforms["platform"].dropna())
    for row in platforms.to_dict("records"):
        assert "v1.2" in row["kept_by"].split(", ")


def test_f23_tagged_and_untagged_are_told_apart_in_graph_and_tree(registry: rx.Registry) -> None:
    app = registry["demo/app"]
    graph = app.graph("v1.2", progress=None)
    nodes = graph.nodes.set_index("id")
    index, child = app.get("v1.2").digest, app.untagged(progress=None)["digest"].iloc[0]
    assert "v1.2" in nodes.loc[index, "tags"]
    assert child not in nodes.index or not nodes["tags"].notna()[child]
    first = graph.to_text().splitlines()[1]
    assert first.startswith("[")
    assert "v1.2" in first


def test_a_repository_where_all_is_tagged_has_the_same_columns(registry: rx.Registry) -> None:
    found = registry["demo/wasm"].untagged(progress=None)
    assert found.empty
    assert list(found.columns) == UNTAGGED.names
    assert dict(found.dtypes.astype(str)) == UNTAGGED.dtypes
