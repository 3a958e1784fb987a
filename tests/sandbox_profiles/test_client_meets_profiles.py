"""The client on every kind of registry: the same content comes out, whatever is odd about the way."""

import json

import pytest
import requests
from support.clients import options_for

import regexplore as rx
from regexplore import errors
from regexplore.oci import EMPTY_JSON, Descriptor, Digest, media_types
from regexplore.sandbox import SandboxServer, profiles

ADA = rx.Credential("ada", "lovelace")
LAYER = bytes(range(256)) * 64
TAGS = [f"v{n}" for n in range(230)]
EVERY = pytest.mark.parametrize("name", list(profiles.PROFILES))


def manifest(**more):
    tree = {"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "config": EMPTY_JSON.to_json(), **more}
    content = json.dumps(tree).encode()
    return Descriptor.from_bytes(media_types.OCI_MANIFEST, content), content


LAYER_DESCRIPTOR = Descriptor.from_bytes(media_types.OCI_LAYER_TAR, LAYER)
IMAGE, IMAGE_BYTES = manifest(layers=[LAYER_DESCRIPTOR.to_json()])
SIGNATURE, SIGNATURE_BYTES = manifest(
    layers=[], artifactType="application/x-signature", subject=IMAGE.to_json()
)


class Scene:
    """A registry of some kind with content in it, and a client with credentials for it."""

    def __init__(self, server):
        self.server = server
        store = server.store
        for content in (b"{}", LAYER):
            store.put_blob("demo/app", Digest.of(content), content)
        store.put_manifest("demo/app", IMAGE.media_type, IMAGE_BYTES, tags=TAGS)
        store.put_manifest("demo/app", SIGNATURE.media_type, SIGNATURE_BYTES)
        options = options_for(server.host, ADA, deadline=10, retries=1)
        self.registry = rx.Registry(server.host, options=options)
        self.repo = self.registry.repository("demo/app")


@pytest.fixture
def scene(name):
    with SandboxServer(profile=name, auth="token", users={"ada": "lovelace"}) as server:
        yield Scene(server)


@EVERY
def test_the_root_answers(scene, name):
    scene.registry.ping()


@EVERY
def test_all_tags_come_out(scene, name):
    frame = scene.repo.tags()
    assert sorted(frame["tag"]) == sorted(TAGS)
    assert frame.attrs["complete"]


@EVERY
def test_all_tags_come_out_in_pages_of_the_clients_own(scene, name):
    repo = rx.Repository(scene.repo.reference, options=scene.repo.options, tag_list_page_size=50)
    assert sorted(repo.tags()["tag"]) == sorted(TAGS)


@EVERY
def test_the_catalog_or_a_named_refusal(scene, name):
    if profiles.find(name).catalog_api:
        assert scene.registry.repositories()["repository"].tolist() == ["demo/app"]
    else:
        with pytest.raises(errors.ResponseError) as caught:
            scene.registry.repositories()
        assert caught.value.hint


@EVERY
def test_manifests_by_tag_and_by_digest(scene, name):
    assert scene.repo.resolve("v1").digest == IMAGE.digest
    assert scene.repo.get("v1").raw == IMAGE_BYTES
    assert scene.repo.fetch_all(IMAGE) == IMAGE_BYTES
    assert scene.repo.exists(IMAGE)


@EVERY
def test_blobs_come_from_wherever_without_taking_credentials_there(scene, name):
    with scene.repo.fetch(LAYER_DESCRIPTOR) as stream:
        assert stream.read() == LAYER
        assert stream.verified
    elsewhere = [record for record in scene.server.log if record.origin == "blobs"]
    assert bool(elsewhere) == (profiles.find(name).blob_redirect is not None)
    assert not any("authorization" in record.headers for record in elsewhere)


@EVERY
def test_referrers_by_api_or_by_nothing(scene, name):
    """What the registry keeps itself is found; where it keeps none there is no index until somebody writes one."""
    found = [entry.digest for entry in scene.repo.predecessors(IMAGE)]
    api = profiles.find(name).referrers.api == "on"
    assert found == ([SIGNATURE.digest] if api else [])
    assert scene.repo.referrers_capability == ("supported" if api else "unsupported")


@EVERY
def test_what_is_attached_is_found_again(scene, name):
    attached, content = manifest(layers=[], artifactType="application/x-sbom", subject=IMAGE.to_json())
    if profiles.find(name).subject_refused:
        with pytest.raises(errors.ResponseError):
            scene.repo.push(attached, content)
        return
    if profiles.find(name).digest_tags:
        # The tag of the index is read as the subject's digest: what was written cannot be read back.
        with pytest.raises(errors.ReferrersError) as caught:
            scene.repo.push(attached, content)
        assert caught.value.hint
        return
    scene_may_delete = profiles.find(name).delete_manifests == 202
    scene.repo.push(attached, content)
    assert attached.digest in [entry.digest for entry in scene.repo.predecessors(IMAGE)]
    filtered = [entry for page in scene.repo.referrer_pages(IMAGE, "application/x-sbom") for entry in page]
    assert [entry.digest for entry in filtered] == [attached.digest]
    second, content = manifest(layers=[], artifactType="application/x-more", subject=IMAGE.to_json())
    if scene_may_delete or profiles.find(name).referrers.api == "on":
        scene.repo.push(second, content)
    else:
        with pytest.raises(errors.ReferrersError) as caught:
            scene.repo.push(second, content)
        assert caught.value.is_referrers_index_delete
    assert {attached.digest, second.digest} <= {entry.digest for entry in scene.repo.predecessors(IMAGE)}


@EVERY
def test_pushing_and_reading_back(scene, name):
    content = b"pushed" * 1000
    target = Descriptor.from_bytes(media_types.OCI_LAYER_TAR, content)
    scene.repo.push(target, content)
    assert scene.repo.fetch_all(target) == content
    in_chunks = rx.Repository(scene.repo.reference, options=scene.repo.options, upload_chunk_size=4_000)
    other = Descriptor.from_bytes(media_types.OCI_LAYER_TAR, content + b"!")
    in_chunks.push(other, content + b"!")
    assert scene.repo.fetch_all(other) == content + b"!"
    scene.repo.tag(IMAGE, "again")
    assert scene.repo.resolve("again").digest == IMAGE.digest


@EVERY
def test_mounting_or_pushing_instead(scene, name):
    if profiles.find(name).repository_needed:
        pytest.skip("repositories are made beforehand there")
    other = scene.registry.repository("other/app")
    other.mount(LAYER_DESCRIPTOR, "demo/app")
    assert other.fetch_all(LAYER_DESCRIPTOR) == LAYER


@EVERY
def test_what_is_missing_is_missing_or_refused(scene, name):
    profile = profiles.find(name)
    with pytest.raises(errors.ResponseError) as caught:
        scene.repo.get("none")
    assert caught.value.status == profile.missing_manifest
    assert isinstance(caught.value, errors.NotFoundError) == (profile.missing_manifest == 404)
    with pytest.raises(errors.RegexploreError) as caught:
        scene.registry.repository("no/such").tags()
    assert caught.value.hint
    assert "lovelace" not in str(caught.value)


@EVERY
def test_deleting_or_a_named_refusal(scene, name):
    profile = profiles.find(name)
    for call, status in (
        (lambda: scene.repo.untag("v1"), profile.delete_tags),
        (lambda: scene.repo.delete(LAYER_DESCRIPTOR), profile.delete_blobs),
    ):
        if status == 202:
            call()
        else:
            with pytest.raises((errors.ResponseError, errors.UnsupportedError)) as caught:
                call()
            assert caught.value.hint


@EVERY
def test_detail_and_graph(scene, name):
    frame = scene.repo.tags(match="v1?", detail=True, progress=None)
    assert len(frame) == 10
    assert frame["error"].isna().all()
    assert set(frame["digest"]) == {IMAGE.digest}
    graph = scene.repo.graph("v1")
    assert graph.complete
    assert {IMAGE.digest, LAYER_DESCRIPTOR.digest} <= set(graph.nodes["digest"].dropna())


@EVERY
def test_no_credential_reaches_a_log_or_another_origin(scene, name):
    """The token server sees the password, the registry only tokens."""
    scene.repo.tags()
    scene.repo.fetch(LAYER_DESCRIPTOR).close()
    used = {
        record.origin: record.headers["authorization"]
        for record in scene.server.log
        if "authorization" in record.headers
    }
    assert used["registry"].lower().startswith("bearer")
    assert set(used) <= {"registry", "tokens"}


@pytest.mark.parametrize("name", ["docker-hub"])
def test_a_rate_limit_is_told_with_its_numbers(scene, name):
    with pytest.raises(errors.RateLimitedError) as caught:
        for _ in range(200):
            scene.repo.fetch_reference("v1")
    assert any("ratelimit" in header.lower() for header in caught.value.headers)
    assert caught.value.hint


@pytest.mark.parametrize("name", ["ecr"])
def test_a_page_size_that_is_refused_is_told(scene, name):
    repo = rx.Repository(scene.repo.reference, options=scene.repo.options, tag_list_page_size=5000)
    with pytest.raises(errors.ResponseError) as caught:
        repo.tags()
    assert caught.value.status == 405


@pytest.mark.parametrize("name", ["gitlab"])
def test_the_tag_that_is_the_subject_itself_is_no_index(scene, name):
    raw = json.dumps(
        {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": [IMAGE.to_json()]}
    ).encode()
    index = Descriptor.from_bytes(media_types.OCI_INDEX, raw)
    scene.server.store.put_manifest("demo/app", index.media_type, raw)
    assert scene.repo.predecessors(index) == []


def test_every_profile_is_played_by_a_server_that_answers():
    for name in profiles.PROFILES:
        with SandboxServer(profile=name) as server:
            assert requests.get(f"{server.url}/v2/", timeout=5).status_code == 200
