"""What is written to disk, each as an old state, a new one, and a check that what is there is one of the two.

Run as a program in a process of its own, which is then killed or runs out of disk:
``python disk_work.py for-ever KIND FOLDER`` writes one state after the other, ``python disk_work.py full KIND FOLDER``
fills the disk of the folder between the old state and the new one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from regexplore.auditing.tag_snapshots import SeenTag, SnapshotFolder, TagSnapshot
from regexplore.content.cache_folder import CacheFolder
from regexplore.content.memory import MemoryStore
from regexplore.content.writable_layout import WritableLayout
from regexplore.crawling.part_files import Done, PartFolder
from regexplore.errors import RegexploreError
from regexplore.oci import Descriptor, media_types
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.credentials.docker_config import DockerConfigStore
from regexplore.remote.download import download

REPOSITORY = "registry.example/demo/app"


@lru_cache(maxsize=8)
def content_of(number: int) -> bytes:
    """Bytes that do not pack, so that they take their room."""
    return b"".join((number * 7919 + n).to_bytes(8, "big") for n in range(25_000))


def blob_of(number: int) -> Descriptor:
    return Descriptor.from_bytes(media_types.OCTET_STREAM, content_of(number))


# ---- what is written -----------------------------------------------------------------------------


def write_layout(folder: Path, number: int) -> None:
    layout = WritableLayout(folder / "layout")
    blob = blob_of(number)
    layout.push(blob, content_of(number))
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": {"mediaType": media_types.OCI_EMPTY, "digest": blob.digest, "size": blob.size},
        "layers": [blob.to_json()],
        "annotations": {"number": str(number)},
    }
    raw = json.dumps(tree).encode()
    layout.push_reference(Descriptor.from_bytes(media_types.OCI_MANIFEST, raw), raw, "latest")


def read_layout(folder: Path) -> int:
    layout = WritableLayout(folder / "layout")
    with layout.fetch_reference("latest")[1] as stream:
        number = int(json.loads(stream.read())["annotations"]["number"])
    with layout.fetch(blob_of(number)) as stream:
        assert stream.read() == content_of(number)
    for file in Path(layout.path, "blobs", "sha256").glob("[!.]*"):
        Descriptor.from_bytes("", file.read_bytes()).digest.verify(file.read_bytes())
        assert Descriptor.from_bytes("", file.read_bytes()).digest.encoded == file.name
    return number


def write_snapshot(folder: Path, number: int) -> None:
    tags = {f"v{n}": SeenTag("sha256:" + content_of(number)[n * 8 :][:32].hex()) for n in range(3000)}
    moment = datetime.fromtimestamp(1_800_000_000 + number, UTC)
    SnapshotFolder(folder).add(TagSnapshot(REPOSITORY, moment, tags))


def read_snapshot(folder: Path) -> int:
    found, problems = SnapshotFolder(folder).read(REPOSITORY)
    assert problems == []
    assert all(len(one.tags) == 3000 for one in found)
    return int(found[-1].taken.timestamp()) - 1_800_000_000


ABOUT = {"registry": "registry.example", "work": "tags"}


def write_part(folder: Path, number: int) -> None:
    raw = content_of(number)
    frame = pd.DataFrame({"tag": [raw[n * 8 :][:32].hex() for n in range(3000)]})
    PartFolder.open(folder / "crawl", ABOUT).add(frame, {f"repository{number}": Done(3000)})


def read_part(folder: Path) -> int:
    parts = PartFolder.open(folder / "crawl", ABOUT)
    assert parts.problems == []
    assert all(len(frame) == 3000 for frame in parts.frames())
    return max(int(name.removeprefix("repository")) for name in parts.done)


def write_credential(folder: Path, number: int) -> None:
    store = DockerConfigStore(folder / "config.json", allow_plaintext_put=True, detect_default=False)
    store.put("registry.example", Credential("ada", f"{number:08}" * 12_000))


def read_credential(folder: Path) -> int:
    store = DockerConfigStore(folder / "config.json", detect_default=False)
    found = store.get("registry.example")
    assert found is not None
    assert len(found.password) == 96_000
    assert (folder / "config.json").stat().st_mode & 0o077 == 0
    return int(found.password[:8])


def write_cache(folder: Path, number: int) -> None:
    cache = CacheFolder(folder / "cache")
    cache.keep(blob_of(number), content_of(number))


def read_cache(folder: Path) -> int:
    cache = CacheFolder(folder / "cache")
    held = {file.name for file in Path(folder, "cache", "blobs", "sha256").glob("[!.]*")}
    # Written one after the other, from 0 or 1 on; the folder is far below its bound.
    found = max(number for number in range(len(held) + 3) if blob_of(number).digest.encoded in held)
    assert cache.read(blob_of(found)) == content_of(found)
    return found


def write_download(folder: Path, number: int) -> None:
    store = MemoryStore()
    download(store, store.add(media_types.OCTET_STREAM, content_of(number)), folder / f"blob{number:08}")


def read_download(folder: Path) -> int:
    files = sorted(folder.glob("blob*[0-9]"))
    for file in files:
        assert file.read_bytes() == content_of(int(file.name.removeprefix("blob")))
    return int(files[-1].name.removeprefix("blob"))


@dataclass(frozen=True)
class Kind:
    """One thing on disk: ``forgiving`` where a disk that takes nothing is no error."""

    write: Callable[[Path, int], None]
    read: Callable[[Path], int]
    forgiving: bool = False


KINDS = {
    "layout": Kind(write_layout, read_layout),
    "snapshots": Kind(write_snapshot, read_snapshot),
    "crawl": Kind(write_part, read_part),
    "credentials": Kind(write_credential, read_credential),
    "cache": Kind(write_cache, read_cache, forgiving=True),
    "download": Kind(write_download, read_download),
}


# ---- as a program --------------------------------------------------------------------------------


def for_ever(kind: Kind, folder: Path) -> None:
    number = 0
    while True:
        kind.write(folder, number)
        print(number, flush=True)
        number += 1


def full(kind: Kind, folder: Path) -> None:
    """Old state, no room, new state refused, old state there, room, new state."""
    kind.write(folder, 1)
    told: dict[str, Any] = {"before": kind.read(folder)}
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    try:
        kind.write(folder, 2)
    except (OSError, RegexploreError) as error:
        told["error"] = type(error).__name__
    told["full"] = kind.read(folder)
    ballast.unlink()
    told["left"] = [str(path) for path in folder.rglob(".*") if path.is_file() and path.stat().st_size]
    kind.write(folder, 2)
    told["after"] = kind.read(folder)
    print(json.dumps(told))


if __name__ == "__main__":
    {"for-ever": for_ever, "full": full}[sys.argv[1]](KINDS[sys.argv[2]], Path(sys.argv[3]))
