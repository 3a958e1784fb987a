"""Every kind of request in words, with its section: on the sandbox, whose wire is the real one."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from support.markup_oracle import PAYLOADS, unseen

import regexplore as rx
from regexplore.errors import RegexploreError
from regexplore.frames.wire_steps import WIRE_STEPS
from regexplore.knowledge.requests import recognise
from regexplore.knowledge.steps import Step, steps
from regexplore.oci import Descriptor, media_types
from regexplore.remote.trace import WireEvent
from regexplore.sandbox import SandboxServer, profiles
from regexplore.sandbox.faults import Fault

BLOB = b"what is stored"
TOLD = Descriptor.from_bytes(media_types.OCTET_STREAM, BLOB)


def manifest(subject: Descriptor | None = None) -> tuple[Descriptor, bytes]:
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "artifactType": "application/vnd.example",
        "config": TOLD.to_json(),
        "layers": [],
        **({"subject": subject.to_json()} if subject else {}),
    }
    raw = json.dumps(tree).encode()
    return Descriptor.from_bytes(media_types.OCI_MANIFEST, raw), raw


def watched(work: Callable[[rx.Repository], object], repository: rx.Repository) -> list[Step]:
    with rx.trace() as wire, suppress(RegexploreError):
        work(repository)
    return list(steps(wire.events))


def repository(server: SandboxServer, **options: object) -> rx.Repository:
    return rx.Repository(f"{server.host}/demo/app", plain_http=True, **options)  # type: ignore[arg-type]


def filled(server: SandboxServer) -> rx.Repository:
    made = repository(server)
    made.blobs.push(TOLD, BLOB)
    described, raw = manifest()
    made.push_reference(described, raw, "v1")
    return made


def only(found: list[Step], endpoint: str) -> Step:
    fitting = [step for step in found if step.endpoint.name == endpoint]
    assert len(fitting) == 1, [(step.title, step.endpoint.name) for step in found]
    return fitting[0]


def test_a_pull_step_by_step(sandbox: SandboxServer) -> None:
    repo = filled(sandbox)
    tag = only(watched(lambda it: it.fetch_reference("v1")[1].read(), repo), "end-3")
    assert tag.title == "GET manifest by tag v1"
    assert "Docker-Content-Digest names sha256:" in tag.told
    assert "the client holds the bytes against it" in tag.told
    assert tag.citation.section == "Pulling manifests"
    digest = only(watched(lambda it: it.fetch(manifest()[0]).read(), repo), "end-3")
    assert "against the digest it asked for" in digest.told
    head = only(watched(lambda it: it.resolve("v1"), repo), "end-3")
    assert "taken on trust" in head.told
    assert head.citation.section == "Checking if content exists in the registry"
    blob = only(watched(lambda it: it.blobs.fetch(TOLD).read(), repo), "end-2")
    assert "hashes the bytes as they arrive" in blob.told
    assert only(watched(lambda it: it.blobs.exists(TOLD), repo), "end-2").told == "It is there, 14 bytes."


def test_ranges(sandbox: SandboxServer) -> None:
    part = only(watched(lambda it: it.blobs.read_range(TOLD, 5, 8), filled(sandbox)), "end-2")
    assert "Only a part of it: bytes=5-7." in part.asked
    assert (
        part.told == "The part arrives: bytes 5-7/14. A part cannot be held against the digest of the whole."
    )


def test_listings_and_pages(sandbox: SandboxServer) -> None:
    repo = filled(sandbox)
    described, raw = manifest()
    for tag in ("v2", "v3"):
        repo.push_reference(described, raw, tag)
    paged = repository(sandbox, tag_list_page_size=2)
    pages = [step for step in watched(lambda it: it.tags(), paged) if step.endpoint.name == "end-8b"]
    assert "More is to come: Link leads on" in pages[0].told
    assert pages[-1].told == "No Link: this is the last page."
    whole = watched(lambda it: it.tags(), repo)
    assert [step.title for step in whole] == ["GET tags of demo/app"]
    with rx.trace() as wire:
        rx.Registry(sandbox.host, plain_http=True).repositories()
    catalog = only(list(steps(wire.events)), "catalog")
    assert "not an endpoint of the OCI spec" in catalog.asked
    with rx.trace() as wire:
        rx.Registry(sandbox.host, plain_http=True).ping()
    assert only(list(steps(wire.events)), "end-1").told == "It is a registry, and lets anybody in."


def test_a_push_by_hand(sandbox: SandboxServer) -> None:
    repo = repository(sandbox)
    found = watched(lambda it: it.blobs.push(TOLD, BLOB), repo)
    assert "the bytes go to /v2/demo/app/blobs/uploads/" in only(found, "end-4a").told
    assert "14 B are sent." in only(found, "end-6").asked
    assert only(found, "end-6").told.startswith("Stored")
    described, raw = manifest()
    assert (
        only(watched(lambda it: it.push_reference(described, raw, "v1"), repo), "end-7").title
        == "PUT manifest by tag v1"
    )
    signature, signed = manifest(described)
    pushed = only(watched(lambda it: it.push(signature, signed), repo), "end-7")
    assert "OCI-Subject: the registry will list it as a referrer" in pushed.told
    other = rx.Repository(f"{sandbox.host}/demo/other", plain_http=True)
    mounted = only(watched(lambda it: it.mount(TOLD, "demo/app"), other), "end-11")
    assert "The blob is in demo/app." in mounted.asked
    assert mounted.told == "Mounted: the blob is known here, no byte was sent."


def test_chunks(sandbox: SandboxServer) -> None:
    repo = repository(sandbox, upload_chunk_size=6)
    found = watched(lambda it: it.blobs.push(TOLD, BLOB), repo)
    chunks = [step for step in found if step.endpoint.name == "end-5"]
    assert chunks
    assert chunks[0].told == "Arrived so far: 0-5."
    assert chunks[0].citation.section == "Pushing a blob in chunks"


def test_deletes(sandbox: SandboxServer) -> None:
    repo = filled(sandbox)
    gone = only(watched(lambda it: it.delete(manifest()[0]), repo), "end-9")
    assert gone.told.startswith("Deleted.")
    assert gone.citation.section == "Deleting Manifests"
    assert only(watched(lambda it: it.blobs.delete(TOLD), repo), "end-10").title.startswith(
        "DELETE blob by digest"
    )


def test_referrers_by_api_and_by_tag(sandbox: SandboxServer) -> None:
    described = manifest()[0]
    api = only(watched(lambda it: list(it.referrer_pages(described)), filled(sandbox)), "end-12a")
    assert api.citation.section == "Listing Referrers"
    with SandboxServer(profiles.DISTRIBUTION_2_8) as old, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = watched(lambda it: list(it.referrer_pages(described)), filled(old))
    assert "has no referrers API" in [step for step in found if step.endpoint.name == "end-12a"][-1].told
    tag = [step for step in found if "referrers tag" in step.title][-1]
    assert tag.told == "There is no such tag: in this channel nothing refers to the manifest."
    assert tag.citation.section == "Referrers Tag Schema"


def test_a_token_server_is_recognised(sandbox: SandboxServer) -> None:
    del sandbox
    with SandboxServer(auth="token", users={"ada": "lovelace"}) as server:
        repo = repository(server, credential=rx.Credential("ada", "lovelace"))
        found = watched(lambda it: it.tags(), repo)
    assert 'Bearer realm="http://' in found[0].told
    assert found[1].endpoint.name == "token"
    assert "repository:demo/app:pull" in found[1].asked
    assert "User name and password go along." in found[1].asked
    assert "not recorded" in found[1].told
    assert "A token goes along." in found[2].asked
    assert "lovelace" not in "".join(step.asked + step.told for step in found)


def test_a_redirect_is_followed_in_words(sandbox: SandboxServer) -> None:
    del sandbox
    with SandboxServer(profiles.DOCKER_HUB) as server:
        found = watched(lambda it: it.blobs.fetch(TOLD).read(), filled(server))
    assert "It is elsewhere: the client goes on to http" in found[0].told
    assert found[1].endpoint.name == "redirected"


def test_limits_and_retries(sandbox: SandboxServer) -> None:
    del sandbox
    with SandboxServer() as server:
        filled(server)
        server.faults.add(Fault.status(429, retry_after=0), path="*/tags/list", times=1)
        found = watched(lambda it: it.tags(), repository(server))
    assert found[0].told.startswith("Too many requests")
    assert "This is try 2." in found[1].asked


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/v2/", "end-1"),
        ("HEAD", "/v2/a/b/blobs/sha256:00", "end-2"),
        ("GET", "/v2/manifests/manifests/v1", "end-3"),
        ("POST", "/v2/a/blobs/uploads/", "end-4a"),
        ("POST", "/v2/a/blobs/uploads/?digest=sha256:00", "end-4b"),
        ("PATCH", "/v2/a/blobs/uploads/1", "end-5"),
        ("PUT", "/v2/a/blobs/uploads/1?digest=sha256:00", "end-6"),
        ("PUT", "/v2/a/manifests/v1", "end-7"),
        ("GET", "/v2/a/tags/list?n=1", "end-8b"),
        ("DELETE", "/v2/a/manifests/v1", "end-9"),
        ("DELETE", "/v2/a/blobs/sha256:00", "end-10"),
        ("POST", "/v2/a/blobs/uploads/?mount=sha256:00&from=b", "end-11"),
        ("GET", "/v2/a/referrers/sha256:00?artifactType=x", "end-12b"),
        ("GET", "/v2/a/blobs/uploads/1", "end-13"),
        ("DELETE", "/v2/a/blobs/uploads/1", "end-14"),
        ("GET", "/v2/_catalog?n=5", "catalog"),
        ("OPTIONS", "/v2/a/manifests/v1", "unknown"),
        ("GET", "/index.html", "unknown"),
    ],
)
def test_requests_by_themselves(method: str, path: str, key: str) -> None:
    assert recognise(method, f"https://r.example{path}").key == key


def test_a_lost_answer_and_an_odd_status() -> None:
    events = [
        WireEvent(1, datetime.now(UTC), "GET", "https://r.example/v2/", note="ConnectionError"),
        WireEvent(2, datetime.now(UTC), "GET", "https://r.example/v2/", 418),
        WireEvent(3, datetime.now(UTC), "GET", "https://r.example/v2/a/referrers/sha256:00", 200, response_headers={"content-type": "text/html"}),
    ]  # fmt: skip
    told = [step.told for step in steps(events)]
    assert told[0] == "No answer: ConnectionError."
    assert told[1] == "Status 418."
    assert "this is no referrers API" in told[2]


def test_steps_are_a_typed_frame(sandbox: SandboxServer) -> None:
    with rx.trace() as wire:
        assert wire.steps().columns.tolist() == list(WIRE_STEPS.names)
        filled(sandbox).tags()
    frame = wire.steps()
    assert frame["endpoint"].tolist()[-1] == "end-8a"
    assert frame["workflow"].tolist()[-1] == "discovery"
    assert frame["url"].str.startswith("https://").all()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_answers_are_told_and_nothing_else(payload: str) -> None:
    headers = dict.fromkeys(
        ("Location", "Link", "Content-Type", "Docker-Content-Digest", "Retry-After"), payload
    )
    for status in (200, 202, 206, 301, 401, 404, 429):
        for path in ("/v2/", "/v2/a/tags/list", "/v2/a/manifests/v1", "/v2/a/blobs/uploads/", f"/{payload}"):
            event = WireEvent(1, datetime.now(UTC), "GET", f"http://h{path}", status, note=payload,
                              request_headers=headers, response_headers=headers)  # fmt: skip
            assert unseen(str(rx.explain(event))) == []
