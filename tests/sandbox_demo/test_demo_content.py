"""The demo: the same bytes on every run, and everything in it is what it says."""

import base64
import gzip
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_der_x509_certificate

import regexplore as rx
from regexplore.oci import Document, Index, Manifest, UnreadableDocument, media_types
from regexplore.sandbox.demo import CATALOGUE, load, public_keys
from regexplore.sandbox.demo.troubles import RULES_BROKEN, TROUBLES
from regexplore.sandbox.stores import MemoryStore

AMBIGUOUS = {
    ("troubles/two-meanings", "v0.2"),
    ("troubles/double-keys", "v0.1"),
    ("troubles/schema-one", "v0.1"),
    ("troubles/weak-digest", "v0.1"),
}
PINNED = Path(__file__).with_name("digests.json")
DIGESTS = """
import json
from regexplore.sandbox.demo import load
from regexplore.sandbox.stores import MemoryStore
store = MemoryStore()
load(store)
print(json.dumps({name: {tag: str(store.manifest(name, tag).digest) for tag in sorted(store.tags(name))} for name in sorted(store.repositories())}))
"""


@pytest.fixture(scope="module")
def sandbox():
    with rx.Sandbox.demo() as server:
        yield server


@pytest.fixture(scope="module")
def registry(sandbox):
    return sandbox.registry


def payloads(repo, found):
    """Give the contents of the layers of a manifest."""
    return [repo.fetch_all(layer) for layer in repo.get(found).layer_descriptors]


def verified_by(signature, content):
    """Give the names of the keys that a signature over some content is of."""
    names = set()
    for name, pem in public_keys().items():
        try:
            load_pem_public_key(pem.encode()).verify(signature, content, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            continue
        names.add(name)
    return names


def everything(registry):
    """Give every document of the demo, with where it is."""
    for name in registry.repositories()["repository"]:
        graph = registry.repository(name).graph(referrers=True)
        for node in graph.nodes.itertuples():
            yield name, node


@pytest.mark.parametrize("seed", ["0", "1", "random"])
def test_the_same_digests_in_every_process(seed):
    done = subprocess.run(
        [sys.executable, "-c", DIGESTS],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == json.loads(PINNED.read_text())


def test_every_exhibit_is_there_and_says_what_it_shows(registry):
    there = set(registry.repositories()["repository"])
    assert there == {exhibit.repository for exhibit in CATALOGUE}
    assert all(exhibit.shows for exhibit in CATALOGUE)
    assert set(TROUBLES) < there


def test_loading_twice_changes_nothing():
    store = MemoryStore()
    load(store)
    before = {name: sorted(store.tags(name)) for name in store.repositories()}
    load(store)
    assert {name: sorted(store.tags(name)) for name in store.repositories()} == before


def test_every_document_is_strictly_right_but_for_the_trouble_about_that(registry):
    for name in registry.repositories()["repository"]:
        repo = registry.repository(name)
        for tag in repo.tags()["tag"]:
            document = repo.get(tag).document
            if (name, tag) in AMBIGUOUS:
                assert document.problems or isinstance(document, UnreadableDocument)
            else:
                assert type(Document.parse(document.raw, document.descriptor)) is type(document)
                assert not document.problems


def test_platforms_and_shared_layers(registry):
    app = registry.repository("demo/app")
    platforms = [str(entry.platform) for entry in app.get("v1.2").document.manifests]
    assert {"linux/amd64", "linux/arm64/v8"} < set(platforms)
    assert platforms.count("unknown/unknown") == 2
    old, new = (app.get("v1.0"), app.get("v1.1"))
    layers = [
        {
            layer.digest
            for entry in index.document.manifests
            for layer in app.get(entry.digest).layer_descriptors
        }
        for index in (old, new)
    ]
    assert layers[0] & layers[1]
    assert layers[0] != layers[1]


def test_base_annotations_name_a_manifest_that_the_tag_has_left(registry):
    annotations = registry.repository("demo/app").get("v1.2").annotations
    base = registry.repository("demo/base")
    digest = annotations["org.opencontainers.image.base.digest"]
    assert base.get(digest).kind == "index"
    assert base.get("12").digest != digest
    assert base.get("12.0").digest == digest


def test_a_year_of_nightly_tags(registry):
    frame = registry.repository("demo/nightly").tags(detail=True, progress=None)
    dated = frame[frame["tag"] != "latest"]
    assert len(dated) == 12
    assert dated["created"].dt.month.nunique() == 12
    assert frame.set_index("tag").loc["latest", "digest"] == dated["digest"].iloc[-1]


def signatures(repo):
    """Give subject, payload and signature of every cosign signature that hangs on something in a repository."""
    for node in repo.graph().nodes.itertuples():
        if str(node.kind) == "tag" or not isinstance(node.digest, str):
            continue
        try:
            found = repo.get(node.digest)
        except rx.errors.RegexploreError:
            continue
        if not isinstance(found.document, Manifest):
            continue
        for layer in found.document.layers:
            signature = (layer.annotations or {}).get("dev.cosignproject.cosign/signature")
            if signature:
                yield found, repo.fetch_all(layer), base64.b64decode(signature)


@pytest.mark.parametrize(
    ("name", "signers"),
    [
        ("demo/app", {"release"}),
        ("troubles/signed-by-a-stranger", {"stranger"}),
        ("troubles/signature-of-another-image", {"release"}),
    ],
)
def test_cosign_signatures_are_real(registry, name, signers):
    found = list(signatures(registry.repository(name)))
    assert found
    for _, payload, signature in found:
        assert verified_by(signature, payload) == signers
        assert verified_by(signature, payload + b" ") == set()


def test_cosign_signatures_name_their_subject_but_for_the_trouble_about_that(registry):
    for name in ("demo/app", "troubles/signed-by-a-stranger", "troubles/signature-of-another-image"):
        bound = set()
        for manifest, payload, _ in signatures(registry.repository(name)):
            signed = json.loads(payload)["critical"]["image"]["docker-manifest-digest"]
            if manifest.subject is not None:
                bound.add(signed == manifest.subject.digest)
        assert bound == ({True, False} if name.endswith("another-image") else {True})


def attached(repo, tag, artifact_type):
    frame = repo.get(tag).referrers(artifact_type)
    assert len(frame) >= 1
    return [(repo.get(digest), payloads(repo, digest)) for digest in frame["digest"]]


def test_the_sigstore_bundle_is_signed_over_its_envelope(registry):
    repo = registry.repository("demo/app")
    for found, (content,) in attached(repo, "v1.2", "application/vnd.dev.sigstore.bundle.v0.3+json"):
        envelope = json.loads(content)["dsseEnvelope"]
        payload = base64.b64decode(envelope["payload"])
        kind = envelope["payloadType"]
        signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)
        (signature,) = envelope["signatures"]
        assert verified_by(base64.b64decode(signature["sig"]), signed) == {"builder"}
        (subject,) = json.loads(payload)["subject"]
        assert f"sha256:{subject['digest']['sha256']}" == found.subject.digest


def test_the_notation_envelope_is_signed_by_the_certificate_in_it(registry):
    for name, tag in (("demo/app", "v1.2"), ("demo/web", "v2.0")):
        repo = registry.repository(name)
        for found, (content,) in attached(repo, tag, "application/vnd.cncf.notary.signature"):
            envelope = json.loads(content)
            raw = _unpadded(envelope["signature"])
            signature = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
            certificate = load_der_x509_certificate(base64.b64decode(envelope["header"]["x5c"][0]))
            signed = f"{envelope['protected']}.{envelope['payload']}".encode()
            certificate.public_key().verify(signature, signed, ec.ECDSA(hashes.SHA256()))
            assert verified_by(signature, signed) == {"release"}
            target = json.loads(_unpadded(envelope["payload"]))["targetArtifact"]
            assert target["digest"] == found.subject.digest


def _unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def installed(repo, image):
    """Give names and versions of the packages in the dpkg database and the Python metadata of an image."""
    found = {}
    for layer in image.layer_descriptors:
        with tarfile.open(fileobj=io.BytesIO(repo.fetch_all(layer))) as archive:
            for member in archive:
                if member.name == "var/lib/dpkg/status":
                    for block in archive.extractfile(member).read().decode().strip().split("\n\n"):
                        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
                        found[fields["Package"]] = fields["Version"]
                if member.name.endswith(".dist-info/METADATA"):
                    lines = archive.extractfile(member).read().decode().splitlines()
                    fields = dict(line.split(": ", 1) for line in lines if ": " in line)
                    found[fields["Name"]] = fields["Version"]
    return found


def test_sboms_list_what_is_installed(registry):
    repo = registry.repository("demo/app")
    index = repo.get("v1.2")
    for entry in index.document.manifests:
        if entry.platform is None or entry.platform.is_unknown:
            continue
        image = repo.get(entry.digest)
        inside = installed(repo, image)
        assert len(inside) > 5
        for _, (content,) in attached(repo, entry.digest, "application/vnd.cyclonedx+json"):
            assert {part["name"]: part["version"] for part in json.loads(content)["components"]} == inside
    ((_, (content,)),) = attached(repo, "v1.2", "application/spdx+json")
    assert {part["name"]: part["versionInfo"] for part in json.loads(content)["packages"]} == inside


def test_buildkit_attestations_are_bound_to_their_images(registry):
    repo = registry.repository("demo/app")
    entries = repo.get("v1.2").document.manifests
    images = {entry.digest for entry in entries if not entry.platform.is_unknown}
    attestations = [entry for entry in entries if entry.platform.is_unknown]
    assert {entry.annotations["vnd.docker.reference.digest"] for entry in attestations} == images
    for entry in attestations:
        assert entry.annotations["vnd.docker.reference.type"] == "attestation-manifest"
        for content in payloads(repo, entry.digest):
            (subject,) = json.loads(content)["subject"]
            assert f"sha256:{subject['digest']['sha256']}" == entry.annotations["vnd.docker.reference.digest"]


def test_artifacts_that_are_no_images(registry):
    kinds = {
        name: registry.repository(f"demo/{name}").get(
            registry.repository(f"demo/{name}").tags()["tag"].iloc[-1]
        )
        for name in ("chart", "wasm", "model")
    }
    assert kinds["chart"].document.config.media_type == "application/vnd.cncf.helm.config.v1+json"
    assert "wasm" in kinds["wasm"].document.config.media_type
    assert all(found.layer_descriptors for found in kinds.values())


def test_troubles_are_what_they_say(registry):
    """The ones that show in documents; those about content have tests of their own."""

    def trouble(name):
        return registry.repository(f"troubles/{name}")

    assert not trouble("dangling-referrer").exists(trouble("dangling-referrer").get("sbom").subject)
    (tag,) = [tag for tag in trouble("orphan-referrers-tag").tags()["tag"] if tag.startswith("sha256-")]
    assert isinstance(trouble("orphan-referrers-tag").get(tag).document, Index)
    assert not trouble("root-user").get("v0.1").config.json()["config"].get("User")
    assert any(
        "PASSWORD=" in line
        for line in trouble("secret-in-environment").get("v0.1").config.json()["config"]["Env"]
    )
    assert trouble("made-in-the-future").get("v0.1").config.created.year == 2099
    base = trouble("stale-base").get("v0.1").annotations["org.opencontainers.image.base.digest"]
    assert base != registry.repository("demo/base").get("12").digest
    missing = trouble("missing-layer").get("v0.2").layer_descriptors[-1]
    assert not trouble("missing-layer").exists(missing)
    (entry,) = trouble("wrong-size").get("v0.1").document.manifests
    assert entry.size != len(trouble("wrong-size").get(entry.digest).raw)
    (entry,) = trouble("wrong-platform").get("v0.1").document.manifests
    assert (
        entry.platform.architecture
        != trouble("wrong-platform").get(entry.digest).config.platform.architecture
    )
    title = trouble("hostile-strings").get("v0.1").annotations["org.opencontainers.image.title"]
    assert "<img" in title
    key = trouble("private-key-in-layer").get("v0.1").layer_descriptors[1]
    assert b"PRIVATE KEY" in gzip.decompress(trouble("private-key-in-layer").fetch_all(key))
    assert key.media_type == media_types.OCI_LAYER_GZIP


def test_rules_that_are_broken_are_named_by_their_ids():
    named = [rule for rules in RULES_BROKEN.values() for rule in rules]
    assert [name for name, rules in RULES_BROKEN.items() if not rules] == ["troubles/exemplary"]
    assert all(re.fullmatch(r"[A-Z]{3}[0-9]{2}|FS[0-9]{2}", rule) for rule in named)
    assert len(set(named)) >= 65


def test_troubles_in_manifests_and_configs(registry):
    def trouble(name, tag="v0.1"):
        return registry.repository(f"troubles/{name}").get(tag)

    assert trouble("schema-one").media_type == media_types.DOCKER_SCHEMA1
    assert trouble("withdrawn-artifact-manifest").media_type == media_types.OCI_ARTIFACT_MANIFEST
    assert trouble("foreign-layer").layer_descriptors[-1].urls
    few = trouble("too-few-diff-ids")
    assert len(few.config.diff_ids) == len(few.layer_descriptors) - 1
    assert "the config says" in " ".join(trouble("wrong-diff-id").files(progress=None).attrs["reasons"])
    assert "encrypted" in " ".join(trouble("encrypted-layer").files(progress=None).attrs["reasons"])
    assert trouble("index-in-index-in-index").kind == "index"
    assert "API_TOKEN" in trouble("secret-in-history").history["created_by"].to_string()
    assert "22/tcp" in trouble("open-doors").config.json()["config"]["ExposedPorts"]
    assert "dist-upgrade" in trouble("careless-steps").history["command"].to_string()
    assert trouble("very-old").config.created.year == 2019


def test_troubles_in_files(registry):
    def trouble(name, tag="v0.1"):
        return registry.repository(f"troubles/{name}").get(tag)

    modes = trouble("dangerous-modes").files(progress=None).set_index("path")["mode"]
    assert modes["/usr/local/bin/helper"] == "4755"
    assert modes["/usr/local/shared"] == "0777"
    assert "guest::" in trouble("empty-password").read_text("/etc/shadow")
    out = trouble("names-that-lead-out").files(progress=None)
    assert not out.attrs["complete"]
    assert "block device" in set(out["type"])
    assert trouble("end-of-life").os.version_id == "8"
    dense = trouble("dense-layer")
    assert dense.files(progress=None)["size"].sum() > 200 * dense.layer_descriptors[0].size
    assert len(trouble("very-many-layers").layer_descriptors) > 127


def test_troubles_in_evidence(registry):
    def trouble(name):
        return registry.repository(f"troubles/{name}")

    assert trouble("unsigned").get("v0.1").referrers().empty
    for _, payload, signature in signatures(trouble("damaged-signature")):
        assert verified_by(signature, payload) == set()
    signers = [
        verified_by(signature, payload) for _, payload, signature in signatures(trouble("another-signer"))
    ]
    assert {frozenset(found) for found in signers} == {frozenset({"release"}), frozenset({"builder"})}
    for name, header in (
        ("expired-notation", "io.cncf.notary.expiry"),
        ("unknown-critical-header", "example.unknown"),
    ):
        ((_, (content,)),) = attached(trouble(name), "v0.1", "application/vnd.cncf.notary.signature")
        protected = json.loads(_unpadded(json.loads(content)["protected"]))
        assert header in protected
        assert header in protected["crit"]
    ((found, (content,)),) = attached(
        trouble("provenance-of-another-image"), "v0.1", "application/vnd.dev.sigstore.bundle.v0.3+json"
    )
    (subject,) = json.loads(base64.b64decode(json.loads(content)["dsseEnvelope"]["payload"]))["subject"]
    assert f"sha256:{subject['digest']['sha256']}" != found.subject.digest
    ((_, (content,)),) = attached(trouble("broken-sbom"), "v0.1", "application/spdx+json")
    with pytest.raises(ValueError):
        json.loads(content)
    assert any(tag.endswith(".sbom") for tag in trouble("sbom-by-tag").tags()["tag"])
