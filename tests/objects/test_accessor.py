"""``df.oci``: from a frame on to objects, graphs and the explorer."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

import regexplore as rx
import regexplore.frames.schema  # pandas knows the accessor from here on
from regexplore.errors import NotFoundError, UnsupportedError
from regexplore.objects import Image, Index, Repository


@pytest.fixture(scope="module")
def demo():
    with rx.Sandbox.demo() as sandbox:
        yield sandbox


def test_a_row_of_tags_gives_what_the_tag_names(demo):
    tags = demo.registry.repository("demo/app").tags()
    row = tags["tag"].tolist().index("v1.2")
    assert tags.oci.get(row).reference == f"{demo.host}/demo/app:v1.2"


def test_a_row_with_a_digest_gives_exactly_that(demo):
    index = demo.registry.repository("demo/app").get("v1.2")
    assert isinstance(index, Index)
    image = index.platforms.oci.get(0)
    assert isinstance(image, Image)
    assert str(image.digest) == index.platforms["digest"][0]


def test_a_row_of_repositories_gives_a_repository_without_a_request(demo):
    frame = demo.registry.repositories()
    before = len(demo.log)
    repository = frame.oci.get(0, demo.registry)
    assert isinstance(repository, Repository)
    assert repository is demo.registry.repository(frame["repository"][0])
    assert len(demo.log) == before


def test_filtered_frames_keep_their_source(demo):
    tags = demo.registry.repository("demo/app").tags()
    graph = tags[tags["tag"].isin(["v1.0", "v1.1"])].oci.graph()
    named = set(graph.nodes.loc[graph.nodes["kind"] == "tag", "name"])
    assert {"v1.0", "v1.1"} <= named
    assert "v1.2" not in named


def test_what_is_given_is_asked(demo):
    repository = demo.registry.repository("demo/app")
    assert repository.tags().oci.get(0, repository)._source is repository._source


def test_a_single_row_is_explored_where_it_leads(demo):
    tags = demo.registry.repository("demo/app").tags()
    explorer = tags[tags["tag"] == "v1.2"].oci.explore().wait()
    try:
        assert explorer.selected.reference.endswith("demo/app:v1.2")
    finally:
        explorer.close()


def test_frames_of_others_say_so():
    with pytest.raises(UnsupportedError, match="does not tell where it comes from") as caught:
        pd.DataFrame({"tag": ["v1"]}).oci.get(0)
    assert "attrs" in caught.value.hint


def test_rows_that_name_nothing_say_which_columns_would(demo):
    with rx.trace() as wire:
        demo.registry.repository("demo/app").tags()
    frame = wire.frame()
    frame.attrs["source"] = f"{demo.host}/demo/app"
    with pytest.raises(UnsupportedError, match="name no manifest"):
        frame.oci.get(0)


def test_no_rows_no_graph(demo):
    tags = demo.registry.repository("demo/app").tags()
    with pytest.raises(NotFoundError):
        tags[tags["tag"] == "none"].oci.graph()
    with pytest.raises(IndexError):
        tags.oci.get(1000)


def test_objects_do_not_load_pandas_and_the_first_frame_brings_the_accessor():
    code = (
        "import sys, regexplore as rx; rx.Registry; assert 'pandas' not in sys.modules\n"
        "from regexplore.frames.schema import Schema; import pandas as pd; assert hasattr(pd.DataFrame, 'oci')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
