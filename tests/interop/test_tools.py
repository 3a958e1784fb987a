"""What we write, other clients read, and the other way round: the same bytes, the same digests."""

import gzip
import json
import subprocess

import pytest
from conftest import program

import regexplore as rx
from regexplore.oci import Document, media_types
from regexplore.remote import RemoteRegistry

pytestmark = pytest.mark.interop

# Skopeo compresses plain layers on its way; compressed ones it leaves alone.
LAYER = gzip.compress(b"layer " * 50_000, mtime=0)
CONFIG = b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'


@pytest.fixture(params=["docker_registry", "go_registry", "sandbox"])
def host(request):
    found = request.getfixturevalue(request.param)
    return getattr(found, "host", found)


def run(*words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, check=False, **options)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-800:]
    return done.stdout


def push_image(repo, tag="v1"):
    layer = rx.Descriptor.from_bytes(media_types.OCI_LAYER_GZIP, LAYER)
    config = rx.Descriptor.from_bytes(media_types.OCI_CONFIG, CONFIG)
    repo.push(layer, LAYER)
    repo.push(config, CONFIG)
    raw = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": media_types.OCI_MANIFEST,
            "config": config.to_json(),
            "layers": [layer.to_json()],
        }
    ).encode()
    manifest = rx.Descriptor.from_bytes(media_types.OCI_MANIFEST, raw)
    repo.push_reference(manifest, raw, tag)
    return manifest, raw, layer


def test_skopeo_crane_and_oras_read_what_we_push(host, tmp_path):
    repo = RemoteRegistry(host).repository("ours/read")
    manifest, raw, layer = push_image(repo)
    target = f"{host}/ours/read"
    assert run(program("skopeo"), "inspect", "--raw", "--tls-verify=false", f"docker://{target}:v1") == raw
    assert run(program("crane"), "manifest", "--insecure", f"{target}:v1") == raw
    assert run(program("crane"), "digest", "--insecure", f"{target}:v1").decode().strip() == manifest.digest
    assert run(program("crane"), "blob", "--insecure", f"{target}@{layer.digest}") == LAYER
    assert run(program("oras"), "manifest", "fetch", "--plain-http", f"{target}:v1") == raw
    run(
        program("skopeo"),
        "copy",
        "--src-tls-verify=false",
        f"docker://{target}:v1",
        f"oci:{tmp_path}/pulled:v1",
    )
    assert (tmp_path / "pulled/blobs/sha256" / layer.digest.encoded).read_bytes() == LAYER
    assert rx.Layout(tmp_path / "pulled").get("v1").digest == manifest.digest


def test_we_read_what_oras_and_crane_push(host, tmp_path):
    (tmp_path / "hello.txt").write_text("hello")
    target = f"{host}/theirs/push"
    run(
        program("oras"),
        "push",
        "--plain-http",
        "--artifact-type",
        "application/vnd.example",
        f"{target}:v1",
        "hello.txt:text/plain",
        cwd=tmp_path,
    )
    repo = RemoteRegistry(host).repository("theirs/push")
    descriptor, stream = repo.fetch_reference("v1")
    document = Document.parse(stream.read(), descriptor)
    assert document.artifact_type == "application/vnd.example"
    assert repo.fetch_all(document.layers[0]) == b"hello"
    run(program("crane"), "tag", "--insecure", f"{target}:v1", "v2")
    assert sorted(tag for page in repo.tag_pages() for tag in page if tag[0] == "v") == ["v1", "v2"]
    assert repo.resolve("v2") == descriptor
    assert (
        repo.resolve("v1").digest
        == run(program("crane"), "digest", "--insecure", f"{target}:v2").decode().strip()
    )


def test_oras_discovers_what_we_attach_and_we_see_what_it_attaches(host, tmp_path):
    repo = RemoteRegistry(host).repository("both/attach")
    manifest, _, _ = push_image(repo)
    repo.push(rx.EMPTY_JSON, b"{}")
    raw = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": media_types.OCI_MANIFEST,
            "artifactType": "application/vnd.ours",
            "config": rx.EMPTY_JSON.to_json(),
            "layers": [rx.EMPTY_JSON.to_json()],
            "subject": manifest.to_json(),
        }
    ).encode()
    ours = rx.Descriptor.from_bytes(media_types.OCI_MANIFEST, raw)
    repo.push(ours, raw)
    target = f"{host}/both/attach"
    (tmp_path / "theirs.txt").write_text("theirs")
    run(
        program("oras"),
        "attach",
        "--plain-http",
        "--artifact-type",
        "application/vnd.theirs",
        f"{target}:v1",
        "theirs.txt:text/plain",
        cwd=tmp_path,
    )
    discovered = json.loads(
        run(program("oras"), "discover", "--plain-http", "--format", "json", f"{target}:v1")
    )
    listed = discovered.get("referrers") or discovered.get("manifests")
    seen = RemoteRegistry(host).repository("both/attach").predecessors(manifest)
    assert {entry["digest"] for entry in listed} == {str(entry.digest) for entry in seen}
    assert set(rx.get(f"{target}:v1").referrers()["artifact_type"]) == {
        "application/vnd.ours",
        "application/vnd.theirs",
    }
    assert ours.digest in {entry.digest for entry in seen}


def test_tls_under_an_authority_of_its_own(docker_registry_tls):
    host, authority = docker_registry_tls
    client = rx.remote.AuthClient(rx.remote.Transport(ca_file=authority))
    repo = RemoteRegistry(host, plain_http=False, client=client).repository("tls/app")
    manifest, raw, _ = push_image(repo)
    assert repo.fetch_all(manifest) == raw
    with pytest.raises(rx.errors.TLSError) as caught:
        RemoteRegistry(host, plain_http=False).ping()
    assert "ca_file" in caught.value.hint


def test_user_name_and_password(docker_registry_htpasswd):
    wrong = RemoteRegistry(docker_registry_htpasswd, client=rx.remote.AuthClient())
    with pytest.raises(rx.errors.CredentialNotFoundError):
        wrong.ping()
    known = rx.remote.AuthClient(credentials=lambda host: rx.remote.Credential("ada", "lovelace"))
    repo = RemoteRegistry(docker_registry_htpasswd, client=known).repository("secret/app")
    manifest, raw, _ = push_image(repo)
    assert repo.fetch_all(manifest) == raw
    guess = rx.remote.AuthClient(credentials=lambda host: rx.remote.Credential("ada", "guess"))
    with pytest.raises(rx.errors.UnauthorizedError):
        RemoteRegistry(docker_registry_htpasswd, client=guess).ping()
