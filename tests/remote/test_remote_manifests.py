"""Manifests pushed, tagged and deleted."""

import io
import json

import pytest
from support.clients import repository
from support.scripted_server import Answer, error_answer, scripted
from support.streams import Pipe

from regexplore import errors
from regexplore.oci import EMPTY_JSON, Descriptor, Digest, media_types
from regexplore.remote.credentials.credential import Credential
from regexplore.sandbox import SandboxServer

ROOT = "/v2/some/app"
SUBJECT = Descriptor.from_bytes(media_types.OCI_MANIFEST, b"the subject")


def manifest(subject=None, **more):
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": EMPTY_JSON.to_json(),
        "layers": [],
        **more,
    }
    if subject is not None:
        tree["subject"] = subject.to_json()
    content = json.dumps(tree).encode()
    return Descriptor.from_bytes(media_types.OCI_MANIFEST, content), content


PLAIN, PLAIN_BYTES = manifest()
SIGNATURE, SIGNATURE_BYTES = manifest(SUBJECT, artifactType="application/x-signature")


@pytest.mark.parametrize("media_type", [media_types.OCI_MANIFEST, media_types.DOCKER_MANIFEST])
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{ }", errors.MismatchedDigestError),
        (b"{}", errors.ContentError),
        (b"{   }", errors.ContentError),
    ],
)
def test_man_1_a_manifest_is_verified_before_it_is_sent(media_type, content, kind):
    target = Descriptor.from_bytes(media_type, b"[ ]")
    with scripted(lambda seen: Answer(201)) as server:
        for source in (content, Pipe(content)):
            with pytest.raises(kind):
                repository(server.host).push(target, source)
        assert server.seen == []


def test_man_1_one_put_with_type_and_length():
    with scripted(lambda seen: Answer(201)) as server:
        repository(server.host).push_reference(PLAIN, Pipe(PLAIN_BYTES), "v1")
    (put,) = server.seen
    assert (put.line, put.body) == (f"PUT {ROOT}/manifests/v1", PLAIN_BYTES)
    assert put.headers["Content-Type"] == media_types.OCI_MANIFEST
    assert put.headers["Content-Length"] == str(len(PLAIN_BYTES))


def test_man_2_oci_subject_tells_that_the_registry_keeps_referrers():
    def respond(seen):
        if seen.method == "PUT":
            return Answer(201, headers=[("OCI-Subject", SUBJECT.digest)])
        return Answer(body=b'{"manifests": []}', headers=[("Content-Type", media_types.OCI_INDEX)])

    with scripted(respond) as server:
        repo = repository(server.host)
        repo.push(SIGNATURE, SIGNATURE_BYTES)
        assert repo.referrers_capability == "supported"
        repo.push(SIGNATURE, SIGNATURE_BYTES)
    assert [seen.method for seen in server.seen] == ["PUT", "GET", "PUT"]


def test_man_2_the_digest_header_of_a_push_is_checked():
    with scripted(
        lambda seen: Answer(201, headers=[("Docker-Content-Digest", Digest.of(b"other"))])
    ) as server:
        with pytest.raises(errors.MismatchedDigestError):
            repository(server.host).push(PLAIN, PLAIN_BYTES)


@pytest.mark.parametrize("said", [Digest.of(b"other"), "yes", SUBJECT.digest])
def test_man_3_oci_subject_is_believed_when_it_names_the_subject_and_the_api_answers(said):
    tag = str(SUBJECT.digest).replace(":", "-")
    written = []

    def respond(seen):
        if seen.method == "PUT":
            written.append(seen)
            return Answer(201, headers=[("OCI-Subject", said)])
        if seen.target.endswith(tag) and len(written) == 2:
            return Answer(body=written[-1].body, headers=[("Content-Type", media_types.OCI_INDEX)])
        return error_answer(404)

    with scripted(respond) as server:
        repo = repository(server.host)
        repo.push(SIGNATURE, SIGNATURE_BYTES)
        assert repo.referrers_capability == "unsupported"
    assert f"PUT {ROOT}/manifests/{tag}" in server.lines


@pytest.mark.parametrize("source", [bytes, io.BytesIO, Pipe])
def test_man_4_a_manifest_can_be_sent_again_after_a_challenge(source):
    with SandboxServer(auth="token", users={"ada": "lovelace"}) as server:
        content = b'{"schemaVersion":2,"mediaType":"%s","manifests":[]}' % media_types.OCI_INDEX.encode()
        repo = repository(server.host, credential=Credential("ada", "lovelace"))
        target = Descriptor.from_bytes(media_types.OCI_INDEX, content)
        repo.push(target, source(content))
        assert repo.fetch_all(target) == content
        assert [record.status for record in server.log if record.method == "PUT"] == [401, 201]


def test_man_5_not_under_another_digest():
    with scripted(lambda seen: Answer(201)) as server:
        with pytest.raises(errors.InvalidReferenceError):
            repository(server.host).push_reference(PLAIN, PLAIN_BYTES, Digest.of(b"other"))
        repository(server.host).push_reference(PLAIN, PLAIN_BYTES, PLAIN.digest)
    assert server.lines == [f"PUT {ROOT}/manifests/{PLAIN.digest}"]


def test_man_6_idx_11_tagging_sends_the_same_bytes_and_touches_no_referrers():
    def respond(seen):
        if seen.method == "GET":
            return Answer(body=SIGNATURE_BYTES, headers=[("Content-Type", SIGNATURE.media_type)])
        return Answer(201)

    with scripted(respond) as server:
        repository(server.host).tag(SIGNATURE, "v2")
    assert server.lines == [f"GET {ROOT}/manifests/{SIGNATURE.digest}", f"PUT {ROOT}/manifests/v2"]
    assert server.seen[0].headers["Accept"] == SIGNATURE.media_type
    assert server.seen[1].body == SIGNATURE_BYTES


def test_man_6_a_blob_cannot_be_tagged(sandbox):
    repo = repository(sandbox.host)
    blob = Descriptor.from_bytes(media_types.OCTET_STREAM, b"blob")
    repo.push(blob, b"blob")
    with pytest.raises(errors.NotFoundError):
        repo.tag(blob, "v1")


def _deletable(subject, *, api):
    content = SIGNATURE_BYTES if subject else PLAIN_BYTES
    target = SIGNATURE if subject else PLAIN
    tag = str(SUBJECT.digest).replace(":", "-")
    index = json.dumps(
        {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": [SIGNATURE.to_json()]}
    )

    def respond(seen):
        if "/referrers/" in seen.target:
            found = Answer(body=b'{"manifests":[]}', headers=[("Content-Type", media_types.OCI_INDEX)])
            return found if api else error_answer(404)
        if seen.method == "DELETE":
            return Answer(202)
        if seen.target.endswith(tag):
            return Answer(body=index.encode(), headers=[("Content-Type", media_types.OCI_INDEX)])
        return Answer(body=content, headers=[("Content-Type", target.media_type)])

    return target, respond


def test_man_7_without_a_subject():
    target, respond = _deletable(False, api=False)
    with scripted(respond) as server:
        repository(server.host).delete(target)
    assert server.lines == [
        f"GET {ROOT}/manifests/{target.digest}",
        f"DELETE {ROOT}/manifests/{target.digest}",
    ]


def test_man_7_with_a_subject_and_the_api():
    target, respond = _deletable(True, api=True)
    with scripted(respond) as server:
        repository(server.host).delete(target)
    assert [seen.method for seen in server.seen] == ["GET", "GET", "DELETE"]
    assert server.lines[1] == f"GET {ROOT}/referrers/sha256:{'0' * 64}"


def test_man_7_idx_5_with_a_subject_and_without_the_api_the_index_goes_first():
    target, respond = _deletable(True, api=False)
    tag = str(SUBJECT.digest).replace(":", "-")
    with scripted(respond) as server:
        repository(server.host).delete(target)
    index = json.dumps(
        {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": [SIGNATURE.to_json()]}
    )
    assert server.lines == [
        f"GET {ROOT}/manifests/{target.digest}",
        f"GET {ROOT}/referrers/sha256:{'0' * 64}",
        f"GET {ROOT}/manifests/{tag}",
        f"DELETE {ROOT}/manifests/{Digest.of(index.encode())}",
        f"DELETE {ROOT}/manifests/{target.digest}",
    ]


def test_man_7_an_index_that_cannot_be_read_stops_the_delete():
    target, respond = _deletable(True, api=False)
    tag = str(SUBJECT.digest).replace(":", "-")

    def failing(seen):
        return error_answer(500, "UNKNOWN") if seen.target.endswith(tag) else respond(seen)

    with scripted(failing) as server, pytest.raises(errors.ReferrersError) as caught:
        repository(server.host).delete(target)
    assert not caught.value.is_referrers_index_delete
    assert "DELETE" not in [seen.method for seen in server.seen]


def test_man_7_where_the_api_is_known_nothing_is_read_first():
    target, respond = _deletable(True, api=True)
    with scripted(respond) as server:
        repo = repository(server.host)
        repo.set_referrers_capability(True)
        repo.delete(target)
    assert server.lines == [f"DELETE {ROOT}/manifests/{target.digest}"]


def test_man_8_a_tag_is_deleted_by_its_name_and_the_manifest_stays(sandbox):
    repo = repository(sandbox.host)
    content = b'{"schemaVersion":2,"mediaType":"%s","manifests":[]}' % media_types.OCI_INDEX.encode()
    target = Descriptor.from_bytes(media_types.OCI_INDEX, content)
    repo.push_reference(target, content, "v1")
    repo.untag("v1")
    assert list(repo.tag_pages()) == [[]]
    assert repo.exists(target)
    with pytest.raises(errors.InvalidReferenceError):
        repo.untag(target.digest)


def test_man_8_a_registry_that_cannot_delete_tags_says_so(docker_registry):
    repo = repository(docker_registry, "untag/app")
    content = b'{"schemaVersion":2,"mediaType":"%s","manifests":[]}' % media_types.OCI_INDEX.encode()
    repo.push_reference(Descriptor.from_bytes(media_types.OCI_INDEX, content), content, "v1")
    with pytest.raises(errors.UnsupportedError, match="cannot delete tags"):
        repo.untag("v1")
    assert list(repo.tag_pages()) == [["v1"]]
