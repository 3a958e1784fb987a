"""What the fault matrix is made of: faults of the sandbox, operations of the client, and a registry to do them in."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from support.clients import options_for

import regexplore as rx
from regexplore.oci import EMPTY_JSON, Descriptor, Digest, media_types
from regexplore.remote.download import download
from regexplore.sandbox import SandboxServer, profiles
from regexplore.sandbox.faults import Fault
from regexplore.sandbox.faults.fault import KINDS
from regexplore.sandbox.profile import Referrers

DEADLINE = 0.5
SECRET = "canary-secret"
NAME = "some/app"
LAYER = bytes(range(256)) * 2048
NEW = b"new content"
WITH_API, WITHOUT_API = "oci", "oci without the referrers API"
PROFILES = {
    WITH_API: profiles.find("oci"),
    WITHOUT_API: replace(
        profiles.find("oci"),
        name="without-referrers",
        referrers=Referrers(api="absent", subject_header=False),
    ),
}

__all__ = ["KINDS"]

FAULTS = {
    "delay": Fault.delay(3),
    "drip": Fault.drip(0.05),
    "cut": Fault.cut(10),
    "reset": Fault.reset(),
    "status 401": Fault.status(401),
    "status 403": Fault.status(403, errors=["DENIED"]),
    "status 404": Fault.status(404),
    "status 429": Fault.status(429, retry_after=100),
    "status 500": Fault.status(500),
    "status 503": Fault.status(503, retry_after="soon"),
    "redirect": Fault.redirect("http://127.0.0.1:1/"),
    "redirect loop": Fault.redirect("?again"),
    "redirect to a file": Fault.redirect("file:///etc/passwd"),
    "html": Fault.html(),
    "endless body": Fault.endless_body(),
    "endless pages": Fault.endless_pages(),
    "looping pages": Fault.looping_pages(),
    "wrong bytes": Fault.wrong_bytes(),
    "too long": Fault.wrong_length(5),
    "too short": Fault.wrong_length(-5),
    "wrong digest": Fault.wrong_digest(),
    "wrong media type": Fault.wrong_media_type(),
    "truncated json": Fault.truncated_json(),
    "hostile strings": Fault.hostile_strings(),
    "moving tag": Fault.moving_tag("v2"),
    "warning": Fault.warning("going away"),
    "missing header": Fault.missing_header("Docker-Content-Digest"),
    "ignored range": Fault.ignored_range(),
    "wrong range": Fault.wrong_range(),
    "strange header": Fault.header("Content-Encoding", "br"),
}


def described(media_type: str, content: bytes) -> tuple[Descriptor, bytes]:
    return Descriptor.from_bytes(media_type, content), content


def manifest(**more: Any) -> tuple[Descriptor, bytes]:
    tree = {"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "config": EMPTY_JSON.to_json(), **more}
    return described(media_types.OCI_MANIFEST, json.dumps(tree).encode())


def _tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in (("etc/os-release", b"ID=debian\n"), ("bin/sh", b"\x7fELF" + bytes(5000))):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


TAR = _tar()
FILES = gzip.compress(TAR, mtime=0)
BLOB = Descriptor.from_bytes(media_types.OCI_LAYER_TAR, LAYER)
FILES_BLOB = Descriptor.from_bytes(media_types.OCI_LAYER_GZIP, FILES)
CONFIG, CONFIG_BYTES = described(
    media_types.OCI_CONFIG,
    json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": "2026-01-02T03:04:05Z",
            "rootfs": {"type": "layers", "diff_ids": [Digest.of(TAR)]},
            "history": [{"created_by": "COPY / /"}],
        }
    ).encode(),
)
IMAGE, IMAGE_BYTES = manifest(layers=[BLOB.to_json()])
OTHER, OTHER_BYTES = manifest(config=CONFIG.to_json(), layers=[])
REAL, REAL_BYTES = manifest(config=CONFIG.to_json(), layers=[FILES_BLOB.to_json()])
SIGNATURE, SIGNATURE_BYTES = manifest(layers=[], artifactType="a/b", subject=IMAGE.to_json())

# Each takes a repository and a folder of its own, and returns what can be compared with the same call without a fault.
Operation = Callable[[rx.Repository, Path], Any]


def registry_of(repo: rx.Repository) -> rx.Registry:
    return rx.Registry(repo.reference.registry, options=repo.options)


def _copied(report: Any) -> Any:
    return report.complete, report.outcome.root.digest


def _crawled(repo: rx.Repository, folder: Path) -> Any:
    # A folder of its own each time: a repository that was read in part is not asked again into the same one.
    into = Path(mkdtemp(dir=folder))
    crawl = rx.crawl(registry_of(repo), repositories=[NAME], into=into, progress=None)
    return crawl.complete, crawl.done, len(crawl.frame())


def _resumed(repo: rx.Repository, folder: Path) -> bytes:
    """A download that finds the first half there, as an earlier try left it."""
    target = folder / "blob"
    part = folder / "blob.part"
    if not part.exists() and not target.exists():
        part.write_bytes(LAYER[: len(LAYER) // 2])
    return download(repo, BLOB, target).read_bytes()


def _audited(repo: rx.Repository, folder: Path) -> Any:
    report = rx.audit(repo, depth="files", progress=None)
    return report.complete, sorted(zip(report.findings["rule"], report.findings["status"], strict=True))


OPERATIONS: dict[str, Operation] = {
    "ping": lambda repo, _: registry_of(repo).ping(),
    "repository_pages": lambda repo, _: list(registry_of(repo).repository_pages()),
    "repositories": lambda repo, _: registry_of(repo).repositories(progress=None),
    "tag_pages": lambda repo, _: list(repo.tag_pages()),
    "resolve": lambda repo, _: repo.resolve("v1"),
    "fetch_reference": lambda repo, _: repo.fetch_reference("v1")[1].read(),
    "fetch manifest": lambda repo, _: repo.fetch_all(IMAGE),
    "fetch blob": lambda repo, _: repo.fetch_all(BLOB),
    "fetch_head": lambda repo, _: repo.fetch_head(BLOB).size,
    "exists": lambda repo, _: repo.exists(BLOB),
    "predecessors": lambda repo, _: [found.digest for found in repo.predecessors(IMAGE)],
    "push blob": lambda repo, _: repo.push(
        Descriptor.from_bytes(media_types.OCTET_STREAM, NEW), io.BytesIO(NEW)
    ),
    "push manifest": lambda repo, _: repo.push_reference(OTHER, OTHER_BYTES, "v9"),
    "push with a subject": lambda repo, _: repo.push(SIGNATURE, SIGNATURE_BYTES),
    "tag": lambda repo, _: repo.tag(IMAGE, "v8"),
    "untag": lambda repo, _: repo.untag("v2"),
    "mount": lambda repo, _: rx.Repository(
        f"{repo.reference.registry}/other/app", options=repo.options
    ).mount(BLOB, NAME),
    "delete": lambda repo, _: repo.delete(SIGNATURE),
    "tags": lambda repo, _: repo.tags(progress=None),
    "tags with detail": lambda repo, _: repo.tags(detail=True, progress=None),
    "get": lambda repo, _: repo.get("v1").digest,
    "get by digest": lambda repo, _: repo.get(str(IMAGE.digest)).raw,
    "config": lambda repo, _: repo.get("v3").config.created,
    "referrers": lambda repo, _: repo.referrers(IMAGE),
    "referrers of referrers": lambda repo, _: repo.get("v1").referrers(recursive=True),
    "evidence": lambda repo, _: repo.get("v1").evidence(),
    "graph": lambda repo, _: repo.graph("v1"),
    "files": lambda repo, _: repo.get("v3").files(progress=None),
    "read a file": lambda repo, _: repo.get("v3").read("/etc/os-release"),
    "compare": lambda repo, _: rx.diff(repo.get("v1"), repo.get("v2")),
    "copy to a layout": lambda repo, folder: _copied(
        rx.copy(repo, "v1", folder / "layout", referrers=True, progress=None)
    ),
    "copy to a repository": lambda repo, _: _copied(
        rx.copy(
            repo,
            "v1",
            rx.Repository(f"{repo.reference.registry}/other/app", options=repo.options),
            progress=None,
        )
    ),
    "download": lambda repo, folder: download(repo, BLOB, folder / "blob").read_bytes(),
    "download that goes on": _resumed,
    "snapshot": lambda repo, folder: rx.snapshot(repo, folder),
    "audit": _audited,
    "crawl": _crawled,
}
# What these take away is gone when they are asked again.
TAKING_AWAY = {"untag", "delete"}
# Every registry has a port of its own.
_PORT = re.compile(r":\d{4,5}/")
# Frames of these hold the time at which they were made, which is another one each time.
TIMES = ["taken"]


def served(profile: str = WITH_API) -> SandboxServer:
    """A registry with two tags and a signature; without the API the signature stands in the index that is kept."""
    server = SandboxServer(PROFILES[profile], auth="basic", users={"ada": SECRET})
    for content in (b"{}", LAYER, FILES, CONFIG_BYTES):
        server.store.put_blob(NAME, Digest.of(content), content)
    server.store.put_manifest(NAME, IMAGE.media_type, IMAGE_BYTES, tags=["v1"])
    server.store.put_manifest(NAME, OTHER.media_type, OTHER_BYTES, tags=["v2"])
    server.store.put_manifest(NAME, REAL.media_type, REAL_BYTES, tags=["v3"])
    server.store.put_manifest(NAME, SIGNATURE.media_type, SIGNATURE_BYTES)
    if profile == WITHOUT_API:
        index = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": [entry(SIGNATURE)]}
        server.store.put_manifest(NAME, media_types.OCI_INDEX, json.dumps(index).encode(), tags=[INDEX_TAG])
    return server


INDEX_TAG = str(IMAGE.digest).replace(":", "-")


def entry(descriptor: Descriptor) -> dict[str, Any]:
    return {**descriptor.to_json(), "artifactType": "a/b"}


def kept_index(server: SandboxServer) -> list[str]:
    """Return the digests in the index that the client keeps; each must be a sound descriptor of what is there."""
    found = server.store.manifest(NAME, INDEX_TAG)
    if found is None:
        return []
    tree = json.loads(found.content)
    assert tree["mediaType"] == media_types.OCI_INDEX
    digests = [one["digest"] for one in tree["manifests"]]
    assert len(digests) == len(set(digests))
    for one in tree["manifests"]:
        held = server.store.manifest(NAME, one["digest"])
        assert held is None or len(held.content) == one["size"]
    return digests


def opened(server: SandboxServer, deadline: float | None = None, **more: Any) -> rx.Repository:
    options = options_for(
        server.host,
        rx.Credential("ada", SECRET),
        deadline=deadline or DEADLINE,
        transfer_deadline=deadline or DEADLINE,
        tag_list_max_pages=5,
        repository_list_max_pages=5,
        referrer_list_max_pages=5,
        handle_warning=lambda warning: None,
        **more,
    )
    return rx.Repository(f"{server.host}/{NAME}", options=options)


def plain(found: Any) -> Any:
    """Return what can be compared."""
    if hasattr(found, "attrs"):
        table = found.drop(columns=["error", *TIMES], errors="ignore")
        return "frame", _PORT.sub(":0/", table.to_csv()), found.attrs.get("complete", True)
    return ("graph", len(found.nodes), found.complete) if isinstance(found, rx.Graph) else found


def says_it_is_partial(found: Any) -> bool:
    """Whether a result that is not the whole one says so."""
    if hasattr(found, "attrs"):
        told = "error" in found and found["error"].notna().any()
        return bool(told or not found.attrs.get("complete", True))
    if isinstance(found, tuple):
        return found[0] is False
    return isinstance(found, rx.Graph) and not found.complete
