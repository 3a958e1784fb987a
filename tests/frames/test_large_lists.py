"""Very long lists: piece by piece, the newest, a sample; memory that does not grow with the list."""

from __future__ import annotations

import gc
import itertools
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from support.caches import push_image
from support.clients import options_for

import regexplore as rx
from regexplore.content.cache import ContentCache
from regexplore.content.memory import MemoryStore
from regexplore.errors import NotFoundError
from regexplore.frames.repositories import REPOSITORIES, REPOSITORY_DETAILS
from regexplore.frames.tags import TAG_DETAILS, TAGS
from regexplore.objects import listing, source
from regexplore.objects.collection import Collection
from regexplore.objects.source import Source
from regexplore.oci import EMPTY_JSON, Descriptor, media_types
from regexplore.show.card import Card
from regexplore.show.progress import Step


class Many(MemoryStore):
    """A repository with as many tags as are asked for, made while they are listed; all name one artifact."""

    def __init__(self, number: int, page: int = 1000) -> None:
        super().__init__()
        self.number = number
        self.page = page
        self.calls: Counter[str] = Counter()
        self.add(media_types.OCI_EMPTY, b"{}")
        self.breaks_after: int | None = None

    def tag_pages(self, last: str = "") -> Iterator[list[str]]:
        for start in range(0, self.number, self.page):
            if self.breaks_after is not None and start >= self.breaks_after:
                raise NotFoundError("no more")
            self.calls["pages"] += 1
            yield [f"v1.{n}" for n in range(start, min(start + self.page, self.number))]

    def fetch_reference(self, reference: str, /) -> tuple[Descriptor, object]:
        self.calls["tags"] += 1
        made = self.add_document(
            media_types.OCI_MANIFEST,
            {
                "artifactType": "text/x",
                "config": EMPTY_JSON.to_json(),
                "layers": [],
                "annotations": {"of": reference},
            },
        )
        stream = self.fetch(made)
        with self._lock:
            # What this store remembers must not count.
            del self._content[made.digest]
            self._parents.clear()
        return made, stream


class Shelf(Collection):
    def __init__(self, store: Many, memory_bytes: int = 1 << 20) -> None:
        self.store = store
        cache = ContentCache(memory_bytes)
        self._source = Source(store, "localhost:5000/many", lambda: store.calls.total(), cache=cache)

    def _card(self) -> Card:
        return Card("repository", "many")


def test_pieces_have_the_schema_their_index_goes_on_and_each_tells_its_cost() -> None:
    shelf = Shelf(Many(2500))
    pieces = list(shelf.tags(chunks=1000))
    assert [len(piece) for piece in pieces] == [1000, 1000, 500]
    assert all(piece.dtypes.astype(str).to_dict() == TAGS.dtypes for piece in pieces)
    assert [piece.index[0] for piece in pieces] == [0, 1000, 2000]
    assert [piece.attrs["requests"] for piece in pieces] == [2, 1, 0]
    assert all(piece.attrs["complete"] and piece.attrs["source"] == "localhost:5000/many" for piece in pieces)
    assert pd.concat(pieces)["tag"].tolist() == shelf.tags()["tag"].tolist()


@pytest.mark.parametrize("size", [1, 7, 100, 999, 1000, 1001, 2500, 9999])
def test_no_name_is_lost_or_told_twice_whatever_the_size(size: int) -> None:
    shelf = Shelf(Many(2500))
    pieces = list(shelf.tags(chunks=size))
    assert sorted(pd.concat(pieces)["tag"]) == sorted(f"v1.{n}" for n in range(2500))
    assert {len(piece) for piece in pieces[:-1]} <= {size}
    assert 0 < len(pieces[-1]) <= size


def test_nothing_is_asked_before_the_first_piece_is_wanted_and_no_more_than_is_wanted() -> None:
    store = Many(10_000)
    pieces = Shelf(store).tags(chunks=1000)
    assert store.calls.total() == 0
    next(pieces)
    assert store.calls["pages"] == 2
    pieces.close()
    assert store.calls["pages"] == 2


def test_an_empty_list_is_one_empty_piece_with_the_schema() -> None:
    for detail, schema in ((False, TAGS), (True, TAG_DETAILS)):
        [piece] = Shelf(Many(0)).tags(chunks=10, detail=detail)
        assert piece.empty
        assert piece.dtypes.astype(str).to_dict() == schema.dtypes
        assert piece.attrs["complete"]


def test_pieces_with_detail_cost_the_same_as_the_whole() -> None:
    store = Many(250, page=100)
    pieces = list(Shelf(store).tags(chunks=100, detail=True))
    assert store.calls.total() == 3 + 250
    assert all(piece.dtypes.astype(str).to_dict() == TAG_DETAILS.dtypes for piece in pieces)
    whole = Shelf(Many(250, page=100)).tags(detail=True)
    assert (
        pd.concat(pieces)
        .sort_values("digest")
        .reset_index(drop=True)
        .equals(whole.sort_values("digest").reset_index(drop=True))
    )


def test_the_last_piece_tells_why_there_may_be_more() -> None:
    store = Many(5000)
    store.breaks_after = 2000
    pieces = list(Shelf(store).tags(chunks=1000))
    assert [piece.attrs["complete"] for piece in pieces] == [True, False]
    assert pieces[-1].attrs["reasons"] == ["listing ended after 2,000 tags: NotFoundError: no more"]
    limited = list(Shelf(Many(5000)).tags(chunks=1000, limit=1500))
    assert [len(piece) for piece in limited] == [1000, 500]
    assert limited[-1].attrs["reasons"] == ["limit=1500 reached, there may be more"]


def test_a_listing_that_fails_at_once_is_an_error_in_pieces_too() -> None:
    store = Many(10)
    store.breaks_after = 0
    with pytest.raises(NotFoundError):
        next(Shelf(store).tags(chunks=5))


def test_ctrl_c_while_a_piece_arrives_ends_with_what_arrived() -> None:
    def progress(step: Step) -> None:
        if step.done == 150 and not step.finished:
            raise KeyboardInterrupt

    pieces = list(Shelf(Many(1000)).tags(chunks=100, detail=True, progress=progress))
    assert len(pieces[0]) == 100
    assert 0 < len(pieces[-1]) < 100
    assert pieces[-1].attrs["reasons"] == [f"stopped at {len(pieces[-1])} of 100 tags"]


def test_an_executor_serves_every_piece() -> None:
    with ThreadPoolExecutor(2) as pool:
        assert sum(map(len, Shelf(Many(30)).tags(chunks=10, detail=True, executor=pool))) == 30


def test_the_newest_are_told_by_the_names_before_anything_is_fetched() -> None:
    store = Many(3000)
    frame = Shelf(store).tags(detail=True, newest=50)
    assert frame["tag"].tolist() == [f"v1.{n}" for n in range(2950, 3000)]
    assert store.calls.total() == 3 + 50
    assert frame.attrs["reasons"] == ["newest=50: 50 of 3,000 tags"]
    assert Shelf(Many(10)).tags(newest=50).attrs["complete"]
    pieces = list(Shelf(Many(3000)).tags(newest=50, chunks=20))
    assert [len(piece) for piece in pieces] == [20, 20, 10]
    assert pieces[-1].attrs["reasons"] == ["newest=50: 50 of 3,000 tags"]


def test_a_filter_comes_before_newest() -> None:
    frame = Shelf(Many(3000)).tags(match="v1.1*", newest=3)
    assert frame["tag"].tolist() == ["v1.1997", "v1.1998", "v1.1999"]


def test_a_sample_is_the_same_each_time_and_from_all_over() -> None:
    one, other = (Shelf(Many(10_000)).tags(sample=100) for _ in range(2))
    assert one.equals(other)
    assert one["tag"].is_unique
    numbers = one["tag"].str.removeprefix("v1.").astype(int)
    assert numbers.between(0, 9999).all()
    assert 3000 < numbers.mean() < 7000
    assert one.attrs["reasons"] == ["sample=100: 100 of 10,000 tags"]
    assert len(Shelf(Many(50)).tags(sample=100)) == 50


def test_every_name_has_the_same_chance() -> None:
    drawn: Counter[str] = Counter()
    for shift in range(400):
        drawn.update(
            listing.Choice(sample=5)
            .of(iter([[f"{(n + shift) % 20}" for n in range(20)]]), "tag", print)
            .__next__()
        )
    assert min(drawn.values()) > 50


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 1, "newest": 1},
        {"newest": 1, "sample": 1},
        {"newest": 0},
        {"sample": -1},
        {"limit": 0},
        {"chunks": 0},
        {"chunks": True},
        {"newest": 1.5},
    ],
)
def test_numbers_that_make_no_sense_are_refused_at_once(wrong: dict[str, object]) -> None:
    store = Many(10)
    with pytest.raises(ValueError):
        Shelf(store).tags(**wrong)  # type: ignore[call-overload]
    assert store.calls.total() == 0


def test_detail_of_very_many_is_held_as_frames_and_still_one_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Shelf(Many(95)).tags(detail=True)
    monkeypatch.setattr(listing, "ROWS_AT_ONCE", 10)
    parts = Shelf(Many(95)).tags(detail=True)
    assert parts.equals(whole)
    assert parts.dtypes.astype(str).to_dict() == TAG_DETAILS.dtypes
    assert parts.index.tolist() == list(range(95))


# ---- memory --------------------------------------------------------------------------------------


def peak_of(number: int, *, detail: bool) -> int:
    """Give the peak of what a walk over so many tags in pieces allocates."""
    shelf = Shelf(Many(number))
    gc.collect()
    tracemalloc.start()
    try:
        for piece in shelf.tags(chunks=500, detail=detail, progress=None):
            assert len(piece)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("detail", "few", "many"), [(False, 20_000, 100_000), (True, 2000, 8000)])
def test_memory_does_not_grow_with_the_list(
    detail: bool, few: int, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is remembered for completion is bounded, too; only later.
    monkeypatch.setattr(source, "MAX_TAGS_SEEN", 1000)
    peak_of(few, detail=detail)
    assert peak_of(many, detail=detail) < 1.25 * peak_of(few, detail=detail)


def test_names_that_are_remembered_for_completion_are_bounded() -> None:
    shelf = Shelf(Many(50_000))
    shelf.tags()
    assert len(shelf._ipython_key_completions_()) == 20_000


# ---- repositories --------------------------------------------------------------------------------


@pytest.fixture
def registry(sandbox: rx.Sandbox) -> rx.Registry:
    """Five repositories of one tag."""
    found = rx.Registry(sandbox.host, options=options_for(sandbox.host, repository_list_page_size=2))
    for n in range(5):
        push_image(found[f"team/r{n}"], "v1", str(n))
    return found


def test_repositories_in_pieces(registry: rx.Registry) -> None:
    pieces = list(registry.repositories(chunks=2))
    assert [piece["repository"].tolist() for piece in pieces] == [
        ["team/r0", "team/r1"],
        ["team/r2", "team/r3"],
        ["team/r4"],
    ]
    assert all(piece.dtypes.astype(str).to_dict() == REPOSITORIES.dtypes for piece in pieces)
    detailed = list(registry.repositories(chunks=2, detail=True))
    assert pd.concat(detailed).equals(registry.repositories(detail=True))
    assert all(piece.dtypes.astype(str).to_dict() == REPOSITORY_DETAILS.dtypes for piece in detailed)
    assert [piece.attrs["complete"] for piece in detailed] == [True] * 3


def test_a_sample_of_repositories(registry: rx.Registry) -> None:
    frame = registry.repositories(detail=True, sample=2)
    assert len(frame) == 2
    assert frame.attrs["reasons"] == ["sample=2: 2 of 5 repositories"]


def test_repositories_of_a_table_are_not_all_kept(registry: rx.Registry) -> None:
    fresh = rx.Registry(str(registry.reference))
    first = fresh.repositories(detail=True)
    assert fresh._repositories == {}
    with rx.trace() as wire:
        assert fresh.repositories(detail=True).equals(first)
    methods = Counter(wire.frame()["method"])
    assert methods["HEAD"] == 5, "what the tags named is remembered all the same"


def test_on_real_registries(docker_registry: str, go_registry: str) -> None:
    for host in (docker_registry, go_registry):
        repo = rx.Repository(f"{host}/large/lists")
        for n in range(12):
            push_image(repo, f"v1.{n}", str(n % 3))
        pieces = list(repo.tags(chunks=5, detail=True))
        assert [len(piece) for piece in pieces] == [5, 5, 2]
        assert repo.tags(detail=True, match="v1.*", newest=2)["tag"].tolist() == ["v1.10", "v1.11"]
        named = itertools.chain.from_iterable(
            piece["repository"] for piece in rx.Registry(host).repositories(chunks=1)
        )
        assert "large/lists" in set(named)


def test_a_budget_is_charged_for_pieces_and_not_for_what_happens_between_them(registry: rx.Registry) -> None:
    budget = rx.Budget(requests=11)
    pieces = registry.repositories(chunks=2, detail=True, budget=budget)
    first = next(pieces)
    spent = budget.requests
    assert first.attrs["complete"]
    registry.ping()
    assert budget.requests == spent
    rest = list(pieces)
    assert budget.requests == 11
    assert not rest[0].attrs["complete"]
    assert rest[0].attrs["reasons"][0] == "the budget of 11 requests is used up"
