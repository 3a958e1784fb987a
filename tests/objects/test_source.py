"""A known digest is fetched once in a process, whoever asks and from how many threads."""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, BinaryIO

import pytest

from regexplore.content.cache import ContentCache
from regexplore.content.memory import MemoryStore
from regexplore.errors import NotFoundError
from regexplore.objects.source import Source
from regexplore.oci import Descriptor, ImageConfig, UnknownDocument, media_types

if TYPE_CHECKING:
    from conftest import Shelf


def test_a_tag_is_asked_each_time_and_a_digest_once(shelf: Shelf) -> None:
    image = shelf.image("v1")
    for _ in range(3):
        shelf._source.by_reference("v1")
        shelf._source.by_reference(image.digest)
        shelf._source.by_descriptor(image)
    assert shelf.store.calls == {"fetch v1": 1, "resolve v1": 2}


def test_a_tag_that_moved_is_fetched_anew(shelf: Shelf) -> None:
    first = shelf.image("v1")
    assert shelf._source.by_reference("v1").descriptor.digest == first.digest
    second = shelf.image("v1", annotations={"built": "again"})
    assert shelf._source.by_reference("v1").descriptor.digest == second.digest != first.digest


def test_a_small_blob_is_fetched_once(shelf: Shelf) -> None:
    blob = shelf.store.add("text/plain", b"hello")
    assert shelf._source.blob(blob) == shelf._source.blob(blob) == b"hello"
    assert shelf.store.calls == {f"fetch {blob.digest}": 1}


def test_threads_that_ask_for_one_digest_share_one_request() -> None:
    gate = threading.Event()
    fetched: list[str] = []

    class SlowStore(MemoryStore):
        def fetch(self, target: Descriptor, /) -> BinaryIO:
            fetched.append(target.digest)
            gate.wait(5)
            return super().fetch(target)

    store = SlowStore()
    blob = store.add(media_types.OCI_CONFIG, b'{"os":"linux","architecture":"arm64"}')
    source = Source(store, "x")
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(source.by_descriptor, blob) for _ in range(8)]
        gate.set()
        documents = {id(one.result()) for one in asked}
    assert len(fetched) == 1
    assert len(documents) == 1


def test_a_failed_fetch_is_tried_again(shelf: Shelf) -> None:
    image = shelf.image()
    shelf.store.broken = {"fetch"}
    with pytest.raises(NotFoundError):
        shelf._source.by_descriptor(image)
    shelf.store.broken = set()
    assert shelf._source.by_descriptor(image).descriptor == image


def test_the_same_bytes_under_another_media_type_are_another_document(shelf: Shelf) -> None:
    config = shelf.store.add(media_types.OCI_CONFIG, b'{"os":"linux","architecture":"arm64"}')
    assert isinstance(shelf._source.by_descriptor(config), ImageConfig)
    other = Descriptor("text/x", config.digest, config.size)
    assert isinstance(shelf._source.by_descriptor(other), UnknownDocument)
    assert shelf.store.total() == 1


def test_inline_data_is_used_when_it_is_what_the_digest_says(shelf: Shelf) -> None:
    inline = Descriptor("text/x", Descriptor.from_bytes("", b"hi").digest, 2, data=b"hi")
    assert shelf._source.by_descriptor(inline).raw == b"hi"
    assert shelf.store.total() == 0
    lying = Descriptor("text/x", Descriptor.from_bytes("", b"ho").digest, 2, data=b"hi")
    with pytest.raises(NotFoundError):
        shelf._source.by_descriptor(lying)


def test_what_is_remembered_is_bounded(shelf: Shelf) -> None:
    cache = ContentCache(memory_bytes=3000)
    source = Source(shelf.store, "localhost:5000/demo/app", cache=cache)
    blobs = [shelf.store.add("text/x", str(n).encode() * 100) for n in range(5)]
    for blob in blobs:
        source.by_descriptor(blob)
    assert cache.memory.used <= 3000
    source.by_descriptor(blobs[-1])
    assert shelf.store.total() == 5
    source.by_descriptor(blobs[0])
    assert shelf.store.total() == 6


def test_sources_with_one_cache_share_its_bound_but_not_what_they_hold(shelf: Shelf) -> None:
    cache = ContentCache()
    one, other = (Source(shelf.store, f"localhost:5000/{name}", cache=cache) for name in ("one", "other"))
    blob = shelf.store.add("text/x", b"hello")
    one.by_descriptor(blob)
    other.by_descriptor(blob)
    assert shelf.store.total() == 2
    assert len(cache.memory) == 2


def test_layers_tell_who_else_holds_them(shelf: Shelf) -> None:
    one, other = shelf.image("v1", author="one"), shelf.image("v2", author="other")
    for tag in ("v1", "v2"):
        shelf._source.by_reference(tag)
    layer = shelf.get("v1").layer_descriptors[0]
    assert shelf._source.sharers(layer.digest, one.digest) == ["v2"]
    assert shelf._source.sharers(layer.digest, other.digest) == ["v1"]


def test_another_process_gets_the_store_but_not_the_memory() -> None:
    source = Source(PicklableStore(), "localhost:5000/x")
    copy = pickle.loads(pickle.dumps(source))
    assert (copy.name, copy.tags_seen()) == ("localhost:5000/x", [])


class PicklableStore(MemoryStore):
    def __reduce__(self) -> tuple[type[PicklableStore], tuple[()]]:
        return PicklableStore, ()
