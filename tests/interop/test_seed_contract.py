"""Each call of the Go client's documentation, on four registries; the results make docs/compatibility.md.

Run ``python tests/interop/compatibility.py`` to write that page anew.
"""

import io
import json
import os
from pathlib import Path

import pytest

import regexplore as rx
from regexplore.errors import NotFoundError, ReferrersCapabilityAlreadySetError, ResponseError, ServerError
from regexplore.oci import EMPTY_JSON, Descriptor, media_types
from regexplore.remote import RemoteRegistry, RepositoryOptions

pytestmark = pytest.mark.interop

REGISTRIES = {
    "docker_registry": "docker-registry 2.8",
    "go_registry": "go-containerregistry",
    "sandbox": "regexplore sandbox",
    "old_sandbox": "sandbox as distribution 2.8",
}
LAYER = b"Example layer content"
CONFIG = b"Example config content"


@pytest.fixture
def old_sandbox():
    with rx.Sandbox(profile="distribution-2.8") as server:
        yield server


@pytest.fixture(params=REGISTRIES)
def host(request):
    found = request.getfixturevalue(request.param)
    return getattr(found, "host", found)


@pytest.fixture
def repo(host, request):
    """A repository of its own for each test, with the example of the Go client's documentation in it."""
    name = "seed/" + "".join(c if c.isalnum() else "-" for c in request.node.name.lower()).strip("-")
    repo = RemoteRegistry(host).repository(name.replace("--", "-"))
    for content, media_type in ((LAYER, media_types.OCI_LAYER_TAR), (CONFIG, media_types.OCI_CONFIG)):
        repo.push(Descriptor.from_bytes(media_type, content), content)
    repo.example = manifest()
    repo.push_reference(*repo.example, "latest")
    return repo


def manifest(**fields):
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": Descriptor.from_bytes(media_types.OCI_CONFIG, CONFIG).to_json(),
        "layers": [Descriptor.from_bytes(media_types.OCI_LAYER_TAR, LAYER).to_json()],
        **fields,
    }
    raw = json.dumps(tree).encode()
    return Descriptor.from_bytes(media_types.OCI_MANIFEST, raw), raw


def layer():
    return Descriptor.from_bytes(media_types.OCI_LAYER_TAR, LAYER)


def test_ping(host):
    RemoteRegistry(host).ping()


def test_repositories(repo, host):
    names = [name for page in RemoteRegistry(host).repository_pages() for name in page]
    assert repo.reference.repository in names
    assert repo.reference.repository in set(rx.Registry(host).repositories()["repository"])


def test_tags(repo):
    repo.tag(repo.example[0], "second")
    assert sorted(tag for page in repo.tag_pages() for tag in page) == ["latest", "second"]


def test_resolve(repo):
    descriptor, _ = repo.example
    assert repo.resolve("latest") == descriptor
    assert repo.resolve(descriptor.digest) == descriptor


def test_fetch(repo):
    with repo.fetch(layer()) as stream:
        assert stream.read() == LAYER
        assert stream.verified
    with repo.fetch(repo.example[0]) as stream:
        assert stream.read() == repo.example[1]


def test_fetch_from_an_offset(repo):
    content = bytes(range(256)) * 1024
    descriptor = Descriptor.from_bytes("application/octet-stream", content)
    repo.push(descriptor, content)
    with repo.fetch(descriptor) as stream:
        stream.seek(200_000)
        assert stream.read() == content[200_000:]
        assert stream.verified is False


def test_fetch_all(repo):
    assert repo.fetch_all(layer()) == LAYER


def test_fetch_head(repo):
    assert repo.fetch_head(layer()).size == len(LAYER)
    assert repo.fetch_head(repo.example[0]).size == len(repo.example[1])


def test_fetch_reference(repo):
    descriptor, stream = repo.fetch_reference("latest")
    with stream:
        assert (descriptor, stream.read()) == repo.example


def test_exists(repo):
    assert repo.exists(layer())
    assert repo.exists(repo.example[0])
    assert not repo.exists(Descriptor.from_bytes(media_types.OCI_LAYER_TAR, b"not there"))


def test_push_a_stream(repo):
    content = os.urandom(300_000)
    descriptor = Descriptor.from_bytes("application/octet-stream", content)
    repo.push(descriptor, io.BytesIO(content))
    assert repo.fetch_all(descriptor) == content


def test_push_reference(repo):
    other = manifest(annotations={"a": "b"})
    repo.push_reference(*other, "other")
    assert repo.resolve("other") == other[0]


def test_tag(repo):
    repo.tag(repo.example[0], "stable")
    assert repo.resolve("stable") == repo.example[0]


def test_delete(repo):
    other = manifest(annotations={"to": "delete"})
    repo.push(*other)
    repo.delete(other[0])
    assert not repo.exists(other[0])


def test_mount(repo, host):
    target = RemoteRegistry(host).repository(repo.reference.repository + "/mounted")
    target.mount(layer(), repo.reference.repository)
    assert target.fetch_all(layer()) == LAYER


def test_referrers(repo):
    repo.push(EMPTY_JSON, b"{}")
    found = []
    for kind in ("application/vnd.a", "application/vnd.b"):
        referrer = manifest(artifactType=kind, config=EMPTY_JSON.to_json(), subject=repo.example[0].to_json())
        repo.push(*referrer)
        found.append(referrer[0].digest)
    fresh = RemoteRegistry(repo.reference.registry).repository(repo.reference.repository)
    assert sorted(entry.digest for page in fresh.referrer_pages(repo.example[0]) for entry in page) == sorted(
        found
    )
    assert sorted(entry.digest for entry in fresh.predecessors(repo.example[0])) == sorted(found)


def test_parse_reference(repo):
    assert repo.parse_reference("v1").tag == "v1"
    assert repo.parse_reference(f"{repo.reference}:v1").tag == "v1"


def test_blobs_and_manifests_apart(repo):
    assert repo.blobs.resolve(layer().digest).size == len(LAYER)
    assert repo.manifests.resolve("latest") == repo.example[0]
    # docker-registry answers 500 when the digest of a blob is asked for as a manifest.
    with pytest.raises((NotFoundError, ServerError)):
        repo.manifests.resolve(layer().digest)


def test_set_referrers_capability(repo):
    repo.set_referrers_capability(False)
    repo.set_referrers_capability(False)
    with pytest.raises(ReferrersCapabilityAlreadySetError):
        repo.set_referrers_capability(True)
    assert repo.predecessors(repo.example[0]) == []


def test_errors_carry_the_registry_s_words(repo):
    with pytest.raises(NotFoundError) as caught:
        repo.fetch_reference("missing")
    assert isinstance(caught.value, ResponseError)
    assert caught.value.has_code("MANIFEST_UNKNOWN")


def test_options(repo):
    small = RemoteRegistry(repo.reference.registry, options=RepositoryOptions(max_metadata_bytes=10))
    with pytest.raises(rx.errors.SizeExceedsLimitError, match="max_metadata_bytes"):
        small.repository(repo.reference.repository).fetch_reference("latest")


def test_a_requests_session_as_client(repo):
    import requests

    plain = RemoteRegistry(repo.reference.registry, client=requests.Session()).repository(
        repo.reference.repository
    )
    assert plain.resolve("latest") == repo.example[0]
    assert plain.fetch_all(layer()) == LAYER


RESULTS = os.environ.get("REGEXPLORE_COMPATIBILITY")


@pytest.fixture(autouse=True)
def note_the_result(request):
    """Write what came out to a file, for the page."""
    yield
    outcome = getattr(request.node, "outcome", None)
    if RESULTS and outcome and hasattr(request.node, "callspec"):
        line = {
            "call": request.node.originalname,
            "registry": request.node.callspec.params["host"],
            "outcome": outcome,
        }
        with Path(RESULTS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
