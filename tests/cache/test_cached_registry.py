"""A registry with a cache: what a second look costs, what is never believed, and what the card says of it."""

from __future__ import annotations

import os
import pickle
import warnings
from pathlib import Path

import pytest
from support.caches import in_another_process, push_image
from support.scripted_server import Answer, scripted

import regexplore as rx
from regexplore.content import cache_folder
from regexplore.errors import CacheError, MissingError, NotFoundError
from regexplore.objects.caching import CacheWarning
from regexplore.oci import Descriptor, media_types

LOOK = """
import json, sys
import regexplore as rx
host, name, folder = sys.argv[1:]
repo = rx.Registry(host, **({"cache_dir": folder} if folder else {}))[name]
with rx.trace() as wire:
    frame = repo.tags(detail=True)
frame.attrs.clear()
methods = [row.method + " " + row.url.split("/v2/")[1] for row in wire.frame().itertuples()]
print(json.dumps([frame.to_json(), methods]))
"""


def blobs(folder: Path) -> list[Path]:
    return [file for file in (folder / "blobs").rglob("*") if file.is_file()]


def damage(path: Path) -> None:
    content = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def test_another_process_sees_the_same_frame_and_asks_only_with_head(host: str, folder: Path) -> None:
    name = "cache/second"
    repo = rx.Repository(f"{host}/{name}")
    for n in range(6):
        push_image(repo, f"v{n}", str(n % 3))
    first, asked = in_another_process(LOOK, host, name, folder)
    assert sum(line.startswith("GET") for line in asked) == 1 + 6 + 3
    second, asked = in_another_process(LOOK, host, name, folder)
    assert second == first
    assert sorted(asked) == sorted(
        [f"GET {name}/tags/list"] + [f"HEAD {name}/manifests/v{n}" for n in range(6)]
    )
    without, _ = in_another_process(LOOK, host, name, "")
    assert without == first


def test_t22_a_tag_that_moved_between_sessions_is_seen(host: str, folder: Path) -> None:
    name = "cache/moved"
    repo = rx.Repository(f"{host}/{name}")
    before = push_image(repo, "v1", "before")
    in_another_process(LOOK, host, name, folder)
    after = push_image(repo, "v1", "after")
    second = rx.Repository(f"{host}/{name}", cache_dir=folder)
    assert second["v1"].digest == after.digest != before.digest
    repo.tag(before, "v1")
    sent = second.tags().attrs["requests"]
    with rx.trace() as wire:
        assert second["v1"].digest == before.digest
    assert sent == 1
    assert wire.frame()["method"].tolist() == ["HEAD"], "what it names now was known before"


def test_t23_a_tag_that_is_gone_is_not_found_though_its_manifest_is_kept(
    docker_registry: str, folder: Path
) -> None:
    host = docker_registry
    repo = rx.Repository(f"{host}/cache/gone", cache_dir=folder)
    target = push_image(repo, "v1")
    assert repo["v1"].digest == target.digest
    repo.delete(target)
    with pytest.raises(NotFoundError):
        rx.Repository(f"{host}/cache/gone", cache_dir=folder)["v1"]


def test_t23_a_flipped_byte_is_dropped_told_and_fetched_again(docker_registry: str, folder: Path) -> None:
    repo = rx.Registry(docker_registry, cache_dir=folder)["cache/flipped"]
    push_image(repo, "v1")
    frame = repo.tags(detail=True)
    for file in blobs(folder):
        damage(file)
    again = rx.Registry(docker_registry, cache_dir=folder)["cache/flipped"]
    with pytest.warns(CacheWarning, match="was not what its name says: deleted, and fetched again"):
        second = again.tags(detail=True)
    assert second.equals(frame)
    assert second["error"].isna().all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (
            rx.Repository(f"{docker_registry}/cache/flipped", cache_dir=folder)
            .tags(detail=True)
            .equals(frame)
        )


def test_t23_what_one_repository_showed_is_not_the_content_of_another(sandbox, folder: Path) -> None:
    """A manifest may name a config that only another repository holds; then it is missing, cache or not."""
    registry = rx.Registry(sandbox.host, cache_dir=folder)
    push_image(registry["team/real"], "v1", "secret")
    real = registry["team/real"]["v1"]
    poor = registry["team/poor"]
    with scripted(
        {
            "GET /v2/team/poor/manifests/v1": Answer(
                body=real.document.raw, headers=[("Content-Type", media_types.OCI_MANIFEST)]
            )
        }
    ) as other:
        elsewhere = rx.Registry(other.host, cache_dir=folder)["team/poor"].tags
        row = rx.Registry(other.host, cache_dir=folder)["team/poor"]["v1"]
        assert row.digest == real.digest
        with pytest.raises(MissingError):
            _ = row.config
        assert callable(elsewhere)
    with pytest.raises(NotFoundError):
        poor["v1"]


def test_an_answer_of_404_is_not_kept(docker_registry: str, folder: Path) -> None:
    repo = rx.Repository(f"{docker_registry}/cache/later", cache_dir=folder)
    with pytest.raises(NotFoundError):
        repo["v1"]
    target = push_image(repo, "v1")
    assert repo["v1"].digest == target.digest


def test_layers_are_kept_only_when_asked_for(docker_registry: str, folder: Path, tmp_path: Path) -> None:
    name = f"{docker_registry}/cache/layers"
    layer = b"\0" * 10_240
    push_image(rx.Repository(name), "v1", layer=layer)
    digest = Descriptor.from_bytes("", layer).digest
    rx.Repository(name, cache_dir=folder)["v1"].files()
    assert not (folder / "blobs/sha256" / digest.encoded).exists()
    rx.Repository(name, cache_dir=folder, cache_layers=True)["v1"].files()
    assert (folder / "blobs/sha256" / digest.encoded).read_bytes() == layer
    with rx.trace() as wire:
        frame = rx.Repository(name, cache_dir=folder, cache_layers=True)["v1"].files()
    assert wire.frame()["method"].tolist() == ["HEAD"]
    assert frame.attrs["reasons"] == []
    damage(folder / "blobs/sha256" / digest.encoded)
    with pytest.warns(CacheWarning):
        again = rx.Repository(name, cache_dir=folder, cache_layers=True)["v1"].files()
    assert again.attrs["reasons"] == []
    assert (folder / "blobs/sha256" / digest.encoded).read_bytes() == layer


def test_a_layer_of_another_repository_is_asked_for_with_head(docker_registry: str, folder: Path) -> None:
    layer = os.urandom(1024) * 10
    for name in ("cache/one", "cache/two"):
        push_image(rx.Repository(f"{docker_registry}/{name}"), "v1", layer=layer)
    registry = rx.Registry(docker_registry, cache_dir=folder, cache_layers=True)
    target = registry["cache/one"]["v1"].layer_descriptors[0]
    with registry["cache/one"]._source.open(target) as stream:
        assert stream.read() == layer
    with rx.trace() as wire, registry["cache/two"]._source.open(target) as stream:
        assert stream.read() == layer
    assert wire.frame()["method"].tolist() == ["HEAD"]
    with pytest.raises(NotFoundError):
        registry["cache/three"]._source.open(target)


def test_a_layer_that_is_not_read_whole_or_moved_about_in_is_not_kept(
    docker_registry: str, folder: Path
) -> None:
    repo = rx.Repository(f"{docker_registry}/cache/part", cache_dir=folder, cache_layers=True)
    layer = os.urandom(300_000)
    push_image(repo, "v1", layer=layer)
    target = Descriptor.from_bytes(media_types.OCI_LAYER_TAR, layer)
    with repo._source.open(target) as stream:
        assert stream.read(1000) == layer[:1000]
    with repo._source.open(target) as stream:
        stream.seek(200_000)
        assert stream.read() == layer[200_000:]
    assert blobs(folder) == []
    with repo._source.open(target) as stream:
        assert b"".join(iter(lambda: stream.read(7777), b"")) == layer
    assert len(blobs(folder)) == 1


def test_the_card_says_that_a_cache_is_there_and_what_it_saved(docker_registry: str, folder: Path) -> None:
    registry = rx.Registry(docker_registry, cache_dir=folder)
    assert f"in {folder}; nothing saved yet" in str(registry)
    push_image(registry["cache/card"], "v1")
    registry["cache/card"].tags(detail=True)
    rx.Registry(docker_registry)["cache/card"].tags(detail=True)
    again = rx.Registry(docker_registry, cache_dir=folder)
    again["cache/card"].tags(detail=True)
    assert "saved 2 answers (" in str(again)
    assert "2 of them from disk" in str(again)
    assert "in memory; nothing saved yet" in str(rx.Registry(docker_registry))
    assert str(folder) in again._repr_mimebundle_()["text/html"]


def test_options_that_do_not_fit_are_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="needs a cache_dir"):
        rx.Registry("localhost:5000", cache_layers=True)
    with pytest.raises(ValueError, match="cache_bytes"):
        rx.Repository("localhost:5000/a", cache_bytes=-1)
    folder.mkdir(0o777)
    folder.chmod(0o777)
    with pytest.raises(CacheError):
        rx.Registry("localhost:5000", cache_dir=folder)


def test_a_pickled_repository_goes_on_with_the_folder_and_takes_no_memory_along(
    docker_registry: str, folder: Path
) -> None:
    repo = rx.Repository(f"{docker_registry}/cache/pickled", cache_dir=folder)
    push_image(repo, "v1")
    repo.tags(detail=True)
    raw = pickle.dumps(repo)
    assert len(raw) < 4000
    with rx.trace() as wire:
        assert pickle.loads(raw).tags(detail=True).equals(repo.tags(detail=True))
    assert wire.frame()["method"].tolist().count("GET") == 2


def test_the_bound_is_that_of_the_folder_or_else_of_the_memory(folder: Path) -> None:
    with_folder = rx.Repository(
        "localhost:5000/a", cache_dir=folder, cache_bytes=1 << 20
    )._source._place.cache
    assert with_folder.folder.max_bytes == 1 << 20
    assert (
        rx.Repository("localhost:5000/a", cache_bytes=1 << 20)._source._place.cache.memory.max_bytes
        == 1 << 20
    )


def test_repositories_of_one_registry_share_a_memory_and_other_registries_do_not() -> None:
    registry = rx.Registry("localhost:5000")
    caches = [registry[name]._source._place.cache for name in ("one", "two")]
    assert caches[0] is caches[1]
    assert rx.Registry("localhost:5000")["one"]._source._place.cache is not caches[0]


def test_other_tools_see_a_name_without_waiting_for_the_end_of_the_session(
    docker_registry: str, folder: Path
) -> None:
    repo = rx.Repository(f"{docker_registry}/cache/names", cache_dir=folder)
    push_image(repo, "v1")
    repo["v1"]
    assert rx.Layout(folder).tags()["tag"].tolist() == [f"{docker_registry}/cache/names:v1"]


def test_very_many_small_looks_do_not_write_the_list_of_names_each_time(
    docker_registry: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_folder, "_PUBLISH_SECONDS", 1000)
    repo = rx.Repository(f"{docker_registry}/cache/often", cache_dir=folder)
    for n in range(5):
        push_image(repo, f"v{n}", str(n))
        repo[f"v{n}"]
    cache = repo._source._place.cache.folder
    assert len(rx.Layout(folder).tags()) == 1
    cache.publish()
    assert len(rx.Layout(folder).tags()) == 5


def test_a_home_folder_in_the_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    rx.Registry("localhost:5000", cache_dir="~/registry-cache")
    assert (tmp_path / "registry-cache" / "oci-layout").exists()
