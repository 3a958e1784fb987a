"""Layouts on disk: the same objects and frames, and no network."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.layout_writer import write_layout
from support.markup_oracle import assert_safe
from support.supply_chain import demo

from regexplore.errors import NotFoundError
from regexplore.objects.image import Image
from regexplore.objects.layout import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    write_layout(demo(), tmp_path)
    return Layout(tmp_path)


def test_tags_and_what_they_name(layout: Layout) -> None:
    frame = layout.tags(detail=True)
    assert {"v1.1", "v1.2", "latest"} <= set(frame["tag"])
    assert frame["error"].isna().all()
    assert frame.attrs["requests"] is None
    image = layout["v1.2"]["linux/amd64"]  # type: ignore[index]
    assert isinstance(image, Image)
    assert image.layers()["size"].gt(0).all()


def test_referrers_and_graph(layout: Layout) -> None:
    assert not layout["v1.2"].referrers(recursive=True).empty
    assert "v1.2" in set(layout["v1.2"].graph().nodes["name"].dropna())


def test_the_card_lists_what_index_json_names(layout: Layout) -> None:
    assert_safe(layout._repr_mimebundle_())
    assert "v1.2" in str(layout)
    assert layout._ipython_key_completions_() == []
    layout.tags()
    assert "v1.2" in layout._ipython_key_completions_()


def test_a_directory_without_layout_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        Layout(tmp_path)
