"""The folder of a cache: private, bounded, verified when read, whole after a crash, shared by processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from conftest import program
from support.caches import in_another_process, push_image

import regexplore as rx
from regexplore.content import cache_folder as module
from regexplore.content.cache_folder import CacheFolder
from regexplore.content.layout import LayoutStore
from regexplore.content.store import fetch_all
from regexplore.errors import CacheError
from regexplore.oci import Descriptor


def described(content: bytes) -> Descriptor:
    return Descriptor.from_bytes("text/plain", content)


def kept(folder: CacheFolder, content: bytes) -> Descriptor:
    target = described(content)
    folder.keep(target, content)
    return target


def file_of(folder: CacheFolder, target: Descriptor) -> Path:
    return folder.path / "blobs" / target.digest.algorithm / target.digest.encoded


def files_in(path: Path) -> list[str]:
    return sorted(file.name for file in (path / "blobs").rglob("*") if file.is_file())


def test_what_is_kept_is_given_again_and_to_another_object_too(folder: Path) -> None:
    cache = CacheFolder(folder)
    target = kept(cache, b"hello")
    assert cache.read(target) == b"hello"
    assert CacheFolder(folder).read(target) == b"hello"
    stream = cache.open(target)
    assert stream is not None
    with stream:
        assert stream.read() == b"hello"
    assert cache.read(described(b"other")) is None
    assert cache.open(described(b"other")) is None
    assert cache.problems == []


def test_the_folder_is_a_layout_and_says_that_it_is_a_cache(folder: Path) -> None:
    cache = CacheFolder(folder)
    target = kept(cache, b"hello")
    cache.name("localhost:5000/demo/app:v1", target)
    cache.publish()
    layout = LayoutStore(folder)
    assert layout.resolve("localhost:5000/demo/app:v1") == layout.roots()[0]
    assert fetch_all(layout, target) == b"hello"
    assert (folder / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55")


def test_a_name_that_moved_stands_once(folder: Path) -> None:
    cache = CacheFolder(folder)
    first, second = kept(cache, b"first"), kept(cache, b"second")
    for target in (first, second):
        cache.name("a/b:v1", target)
        cache.publish()
    [entry] = LayoutStore(folder).roots()
    assert entry.digest == second.digest


# ---- private -------------------------------------------------------------------------------------


def test_t23_everything_in_it_is_for_the_owner_alone(folder: Path) -> None:
    cache = CacheFolder(folder)
    cache.name("a/b:v1", kept(cache, b"secret"))
    cache.publish()
    for path in (folder, *folder.rglob("*")):
        assert path.lstat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777])
def test_t23_a_folder_that_others_can_write_is_refused(folder: Path, mode: int) -> None:
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(CacheError, match="can be written by others"):
        CacheFolder(folder)
    assert list(folder.iterdir()) == []


def test_t37_a_link_is_refused_and_nothing_is_written_behind_it(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(0o700)
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CacheError, match="is a link"):
        CacheFolder(folder)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("inner", ["blobs", "blobs/sha256", "seen"])
def test_t37_a_link_inside_is_refused(folder: Path, tmp_path: Path, inner: str) -> None:
    kept(CacheFolder(folder), b"hello")
    (folder / inner).rename(tmp_path / "moved")
    (folder / inner).symlink_to(tmp_path / "moved")
    with pytest.raises(CacheError, match="is a link"):
        CacheFolder(folder)


def test_t37_a_file_swapped_for_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    cache = CacheFolder(folder)
    target = kept(cache, b"hello")
    (tmp_path / "theirs").write_bytes(b"hello")
    file_of(cache, target).unlink()
    file_of(cache, target).symlink_to(tmp_path / "theirs")
    assert cache.read(target) is None


def test_a_folder_of_somebody_else_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CacheFolder(folder)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(CacheError, match="belongs to somebody else"):
        CacheFolder(folder)


def test_a_folder_that_holds_something_else_is_refused_for_it_would_be_deleted(folder: Path) -> None:
    rx.Layout(folder, create=True)
    with pytest.raises(CacheError, match="holds something else"):
        CacheFolder(folder)


def test_a_path_that_cannot_be_a_folder_is_an_error_of_ours(folder: Path) -> None:
    folder.write_bytes(b"")
    with pytest.raises(CacheError, match="cannot be used as a cache"):
        CacheFolder(folder)


# ---- verified ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage", [b"hellO", b"hell", b"hello!", b""], ids=["flipped", "short", "long", "empty"]
)
def test_t23_damage_is_dropped_and_told(folder: Path, damage: bytes) -> None:
    cache = CacheFolder(folder)
    target = kept(cache, b"hello")
    file_of(cache, target).chmod(0o600)
    file_of(cache, target).write_bytes(damage)
    assert cache.read(target) is None
    assert files_in(folder) == []
    [problem] = cache.problems
    assert target.digest.short in problem
    kept(cache, b"hello")
    assert cache.read(target) == b"hello"


def test_t23_damage_in_large_content_is_noticed_before_anybody_gets_a_byte(folder: Path) -> None:
    cache = CacheFolder(folder)
    content = os.urandom(3 << 20)
    target = kept(cache, content)
    file_of(cache, target).chmod(0o600)
    with file_of(cache, target).open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(bytes([content[-1] ^ 1]))
    assert cache.open(target) is None
    assert files_in(folder) == []


def test_content_that_is_not_its_descriptor_is_not_kept(folder: Path) -> None:
    cache = CacheFolder(folder)
    cache.keep(described(b"hello"), b"hellO")
    assert files_in(folder) == []
    kept(cache, b"hello")
    assert len(files_in(folder)) == 1


# ---- bounded -------------------------------------------------------------------------------------


def age(path: Path, seconds: int) -> None:
    before = path.stat().st_mtime - seconds
    os.utime(path, (before, before))


def test_what_was_not_used_for_longest_goes_first(folder: Path) -> None:
    cache = CacheFolder(folder, max_bytes=10 * 4096)
    targets = [kept(cache, bytes([n]) * 4096) for n in range(9)]
    for n, target in enumerate(targets):
        age(file_of(cache, target), 1000 - n)
    assert cache.read(targets[0])
    targets += [kept(cache, bytes([n]) * 4096) for n in (100, 101)]
    assert cache.used <= cache.max_bytes
    alive = [cache.has(target) for target in targets]
    assert alive[0], "used just now"
    assert not alive[1]
    assert alive[-2:] == [True, True]


def test_many_small_files_count_with_what_they_take_on_disk(folder: Path) -> None:
    cache = CacheFolder(folder, max_bytes=100 * 4096)
    for n in range(300):
        kept(cache, f"{n}".encode())
    assert len(files_in(folder)) <= 100
    assert cache.used <= cache.max_bytes


def test_names_of_what_is_gone_are_gone(folder: Path) -> None:
    cache = CacheFolder(folder, max_bytes=10 * 4096)
    first = kept(cache, b"1" * 4096)
    cache.name("a/b:v1", first)
    cache.publish()
    age(file_of(cache, first), 1000)
    last = [kept(cache, bytes([n]) * 4096) for n in range(2, 14)][-1]
    cache.name("a/b:v2", last)
    cache.publish()
    assert [entry.digest for entry in LayoutStore(folder).roots()] == [last.digest]


def test_the_list_of_names_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NAMES", 5)
    cache = CacheFolder(folder)
    target = kept(cache, b"x")
    for n in range(8):
        cache.name(f"a/b:v{n}", target)
        cache.publish()
    names = next(LayoutStore(folder).tag_pages())
    assert names == [f"a/b:v{n}" for n in range(3, 8)]


def test_content_larger_than_half_the_bound_is_not_kept(folder: Path) -> None:
    cache = CacheFolder(folder, max_bytes=1000)
    assert not cache.has(kept(cache, b"x" * 501))
    assert cache.begin(described(b"x" * 501)) is None


# ---- trouble -------------------------------------------------------------------------------------


def test_a_disk_that_takes_nothing_costs_the_cache_and_not_the_work(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = CacheFolder(folder)
    before = kept(cache, b"before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert not cache.has(kept(cache, b"hello"))
    monkeypatch.undo()
    assert [file for file in folder.rglob("*") if file.name.startswith(".new-")] == []
    assert "No space left on device" in cache.problems[0]
    assert cache.read(before) == b"before"
    kept(cache, b"again")
    assert len(cache.problems) == 1


def test_what_a_process_that_died_left_is_swept_when_room_is_counted(folder: Path) -> None:
    cache = CacheFolder(folder)
    kept(cache, b"hello")
    old, young = (folder / "blobs" / "sha256" / f".new-{n}" for n in (1, 2))
    for path in (old, young):
        path.write_bytes(b"half")
    age(old, 4000)
    assert CacheFolder(folder).used > 0
    assert not old.exists()
    assert young.exists(), "another process may be writing it"


WRITER = """
import itertools, os, sys
from regexplore.content.cache_folder import CacheFolder
from regexplore.oci import Descriptor
folder = CacheFolder(sys.argv[1])
print("ready", flush=True)
for n in itertools.count():
    content = (str(n) * 2000).encode()
    target = Descriptor.from_bytes("text/plain", content)
    folder.keep(target, content)
    folder.name(f"a/b:v{n}", target)
    folder.publish()
"""


@pytest.mark.parametrize("writes", [1, 3, 10, 30])
def test_kill_9_at_any_point_leaves_a_layout_in_which_everything_is_whole(folder: Path, writes: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(rx.__file__).parents[1])},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while len(files_in(folder)) < writes:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    layout = LayoutStore(folder)
    named = layout.roots()
    assert all(fetch_all(layout, entry) for entry in named)
    whole = [name for name in files_in(folder) if not name.startswith(".new-")]
    cache = CacheFolder(folder)
    for name in whole:
        content = (folder / "blobs" / "sha256" / name).read_bytes()
        assert described(content).digest.encoded == name
    kept(cache, b"goes on")
    assert cache.problems == []


SHARED = """
import json, sys
from regexplore.content.cache_folder import CacheFolder
from regexplore.oci import Descriptor
folder = CacheFolder(sys.argv[1], max_bytes=60 * 4096)
start, bad, read = int(sys.argv[2]), 0, 0
for n in range(start, start + 150):
    content = (str(n) * 50).encode()
    target = Descriptor.from_bytes("text/plain", content)
    folder.keep(target, content)
    folder.name(f"a/b:v{n}", target)
    if n % 20 == 0:
        folder.publish()
    for m in range(max(0, n - 10), n):
        before = (str(m) * 50).encode()
        found = folder.read(Descriptor.from_bytes("text/plain", before))
        read += found is not None
        bad += found not in (None, before)
print(json.dumps([bad, read, folder.problems]))
"""


def test_processes_that_write_read_and_evict_side_by_side(folder: Path) -> None:
    answers: list[object] = []

    def run(start: int) -> None:
        answers.append(in_another_process(SHARED, folder, start))

    threads = [threading.Thread(target=run, args=(start,)) for start in (0, 50, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 3
    for bad, read, problems in answers:  # type: ignore[misc]
        assert (bad, problems) == (0, [])
        assert read > 0
    layout = LayoutStore(folder)
    assert all(fetch_all(layout, entry) for entry in layout.roots() if layout.exists(entry))
    assert CacheFolder(folder).used <= 3 * 60 * 4096


# ---- other tools ---------------------------------------------------------------------------------


@pytest.mark.interop
def test_skopeo_and_umoci_read_the_folder(folder: Path, docker_registry: str) -> None:
    push_image(rx.Repository(f"{docker_registry}/cache/tools"), "v1", layer=b"\0" * 1024)
    name = f"{docker_registry}/cache/tools:v1"
    repo = rx.Repository(f"{docker_registry}/cache/tools", cache_dir=folder, cache_layers=True)
    image = repo["v1"]
    image.files()
    repo._source._place.cache.folder.publish()
    inspect = subprocess.run(
        [program("skopeo"), "inspect", "--raw", f"oci:{folder}:{name}"], capture_output=True, check=True
    )
    assert inspect.stdout == image.document.raw
    copy = folder.with_name("copy")
    subprocess.run([program("skopeo"), "copy", f"oci:{folder}:{name}", f"oci:{copy}:v1"], check=True)
    assert rx.Layout(copy)["v1"].config.raw == image.config.raw
    listed = subprocess.run(
        [program("umoci"), "list", "--layout", folder], capture_output=True, check=True, text=True
    )
    assert listed.stdout.split() == [name]
    assert json.loads((folder / "index.json").read_bytes())["schemaVersion"] == 2
