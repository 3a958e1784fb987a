"""What a crawl gives: the same rows as asking each repository, whatever goes wrong in one of them."""

from __future__ import annotations

import pandas as pd
import pytest
from support import crawl_work

import regexplore as rx
from regexplore.errors import RegexploreError
from regexplore.sandbox.faults import Fault


def test_rows_are_those_of_each_repository(many: rx.Registry) -> None:
    done = rx.crawl(many, progress=None)
    frame = done.frame()
    one = many.repository("many/r00003").tags(detail=True, progress=None)
    mine = frame[frame["repository"] == "many/r00003"].drop(columns="repository").reset_index(drop=True)
    mine.attrs = one.attrs = {}
    pd.testing.assert_frame_equal(mine, one)
    assert (done.done, done.rows, done.left, done.failed, done.complete) == (12, 36, 0, {}, True)
    assert frame.attrs["complete"]


def test_requests_are_counted_and_few(own: rx.Sandbox) -> None:
    done = rx.crawl(own.registry, progress=None)
    # One catalog; for each repository one listing, three manifests, one config that they share.
    assert done.requests == len(own.log) == 1 + 12 * 5


@pytest.mark.parametrize("work", ["tags", "referrers", "layers"])
def test_the_demo_and_its_troubles_are_read_to_the_end(work: str) -> None:
    with rx.Sandbox.demo() as sandbox:
        listed = set(sandbox.registry.repositories(progress=None)["repository"])
        done = rx.crawl(sandbox.registry, work, progress=None)
    frame = done.frame()
    assert (done.done + len(done.failed), done.left) == (len(listed), 0)
    assert set(frame["repository"]) <= listed
    assert frame["repository"].is_monotonic_increasing
    assert frame["error"].notna().any() == (not done.complete)


def test_layers_of_an_index_are_those_of_its_platforms() -> None:
    with rx.Sandbox.demo() as sandbox:
        frame = rx.crawl(sandbox.registry, "layers", match="demo/app", progress=None).frame()
        image = sandbox.registry.repository("demo/app").get("v1.2")["linux/amd64"]
        expected = list(image.layers()["digest"])
    mine = frame[(frame["tag"] == "v1.2") & (frame["platform"] == "linux/amd64")]
    assert list(mine["digest"]) == expected


def test_a_repository_that_cannot_be_read_is_a_row(own: rx.Sandbox) -> None:
    own.faults.add(Fault.status(403), path="/v2/many/r00005/*")
    done = rx.crawl(own.registry, progress=None)
    frame = done.frame()
    assert list(done.failed) == ["many/r00005"]
    assert not done.complete
    assert "1 of 12 repositories asked could not be read" in done.reasons
    row = frame[frame["repository"] == "many/r00005"]
    assert len(row) == 1
    assert "403" in row["error"].item()
    assert frame["error"].notna().sum() == 1
    assert "many/r00005" in str(done)


def test_a_tag_that_cannot_be_read_is_a_row_and_the_crawl_partial(own: rx.Sandbox) -> None:
    own.faults.add(Fault.status(404), path="/v2/many/r00005/manifests/v1")
    done = rx.crawl(own.registry, progress=None)
    assert (done.failed, done.done, done.rows) == ({}, 12, 36)
    assert done.reasons == ("1 repositories could not be read in full",)


def test_nothing_listed_at_all_is_an_error(own: rx.Sandbox) -> None:
    own.faults.add(Fault.status(403), path="/v2/_catalog")
    with pytest.raises(RegexploreError, match="403"):
        rx.crawl(own.registry, progress=None)
    named = rx.crawl(own.registry, repositories=["many/r00001", "many/r00001"], progress=None)
    assert (named.done, named.rows) == (1, 3)


def test_a_name_that_is_none_is_a_row(many: rx.Registry) -> None:
    done = rx.crawl(many, repositories=["many/r00001", "No/../Name"], progress=None)
    assert (done.done, list(done.failed)) == (1, ["No/../Name"])


def test_match_and_limit(many: rx.Registry) -> None:
    done = rx.crawl(many, match="*/r0000*", limit=4, progress=None)
    assert (done.done, done.left, done.reasons) == (4, 6, ("limit=4 reached",))


def test_work_of_ones_own(many: rx.Registry) -> None:
    frame = rx.crawl(many, crawl_work.tag_count, progress=None).frame()
    assert list(frame.columns) == ["repository", "tags", "error"]
    assert list(frame["tags"]) == [3] * 12


@pytest.mark.parametrize(
    ("work", "said"),
    [(crawl_work.failing, "ZeroDivisionError: seven"), (crawl_work.with_other_columns, "the columns are")],
)
def test_work_of_ones_own_that_fails_in_one_repository(many: rx.Registry, work, said: str) -> None:
    done = rx.crawl(many, work, workers=1, progress=None)
    assert list(done.failed) == ["many/r00007"]
    assert said in done.failed["many/r00007"]
    assert done.frame()["tags"].isna().sum() == 1


def test_declared_columns_hold_when_nothing_comes(many: rx.Registry) -> None:
    meta = pd.DataFrame({"tags": pd.array([], dtype="int64"), "note": pd.array([], dtype="string")})
    done = rx.crawl(many, crawl_work.tag_count, meta=meta, progress=None)
    assert len(done.failed) == 12
    assert dict(done.frame().dtypes.astype(str)) == {
        "repository": "string",
        "tags": "Int64",
        "note": "string",
        "error": "string",
    }


def test_an_unknown_kind_of_work_is_named(many: rx.Registry) -> None:
    with pytest.raises(ValueError, match="'tags', 'referrers', 'layers' or a function"):
        rx.crawl(many, "nonsense")
    with pytest.raises(TypeError, match="not on int"):
        rx.crawl(many, on=3)


def test_the_card_tells_without_asking(own: rx.Sandbox) -> None:
    done = rx.crawl(own.registry, progress=None)
    before = len(own.log)
    text = str(done)
    assert "12 repositories" in text
    assert "36" in text
    assert "<script" not in done._repr_mimebundle_()["text/html"]
    assert len(own.log) == before


def test_hostile_names_stay_text(own: rx.Sandbox) -> None:
    done = rx.crawl(own.registry, repositories=["<script>alert(1)</script>"], progress=None)
    assert "<script>" not in done._repr_mimebundle_()["text/html"]
