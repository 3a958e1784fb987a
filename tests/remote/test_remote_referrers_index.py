"""The index of the tag schema, kept by the client where the registry keeps no referrers."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clients import repository
from support.left_over import awaited
from support.scripted_server import Answer, error_answer, scripted

from regexplore import errors
from regexplore.oci import EMPTY_JSON, Descriptor, Digest, media_types
from regexplore.remote import referrers_index
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.referrers_index import Change, merged
from regexplore.sandbox import SandboxServer

ROOT = "/v2/some/app"
SUBJECT = Descriptor.from_bytes(media_types.OCI_MANIFEST, b"the subject")
TAG = str(SUBJECT.digest).replace(":", "-")


def referrer(name, **more):
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "artifactType": f"application/{name}",
        "config": EMPTY_JSON.to_json(),
        "layers": [],
        "subject": SUBJECT.to_json(),
        **more,
    }
    content = json.dumps(tree).encode()
    return Descriptor.from_bytes(media_types.OCI_MANIFEST, content), content


class Registry:
    """Keeps manifests as a registry without the referrers API does; a delete takes the tags along."""

    def __init__(self, *, refuse_delete=False):
        self.manifests, self.tags, self.refuse_delete = {}, {}, refuse_delete
        self.lock = threading.Lock()

    def __call__(self, seen):
        name = seen.target.rpartition("/")[2]
        if "/referrers/" in seen.target:
            return error_answer(404)
        if seen.method == "PUT":
            digest = str(Digest.of(seen.body))
            self.manifests[digest] = (seen.headers["Content-Type"], seen.body)
            if not name.startswith("sha256:"):
                self.tags[name] = digest
            return Answer(201)
        digest = name if name.startswith("sha256:") else self.tags.get(name, "")
        if digest not in self.manifests:
            return error_answer(404, "MANIFEST_UNKNOWN")
        if seen.method == "DELETE":
            if self.refuse_delete:
                return error_answer(405, "UNSUPPORTED")
            del self.manifests[digest]
            self.tags = {tag: kept for tag, kept in self.tags.items() if kept != digest}
            return Answer(202)
        media_type, body = self.manifests[digest]
        return Answer(body=body, headers=[("Content-Type", media_type), ("Docker-Content-Digest", digest)])

    @property
    def index(self):
        return json.loads(self.manifests[self.tags[TAG]][1])


def pushed(registry, *things, **options):
    with scripted(registry) as server:
        repo = repository(server.host, **options)
        for target, content in things:
            repo.push(target, content)
        return server.lines


def test_idx_1_2_3_first_push():
    registry = Registry()
    target, content = referrer("sig", annotations={"a": "b"})
    lines = pushed(registry, (target, content))
    assert registry.index == {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_INDEX,
        "manifests": [
            {
                "mediaType": target.media_type,
                "digest": target.digest,
                "size": target.size,
                "annotations": {"a": "b"},
                "artifactType": "application/sig",
            }
        ],
    }
    writes = [line for line in lines if not line.startswith("GET")]
    assert writes == [f"PUT {ROOT}/manifests/{target.digest}", f"PUT {ROOT}/manifests/{TAG}"]


def test_idx_1_the_capability_is_known_afterwards():
    with scripted(Registry()) as server:
        repo = repository(server.host)
        repo.push(*referrer("sig"))
        assert repo.referrers_capability == "unsupported"
        assert [entry.artifact_type for entry in repo.predecessors(SUBJECT)] == ["application/sig"]


def test_idx_1_without_a_subject_nothing_more_is_sent():
    tree = {"schemaVersion": 2, "config": EMPTY_JSON.to_json(), "layers": []}
    content = json.dumps(tree).encode()
    lines = pushed(Registry(), (Descriptor.from_bytes(media_types.OCI_MANIFEST, content), content))
    assert len(lines) == 1


def test_idx_2_the_artifact_type_falls_back_to_that_of_the_config():
    registry = Registry()
    tree = {
        "schemaVersion": 2,
        "config": {**EMPTY_JSON.to_json(), "mediaType": "application/x-config"},
        "layers": [],
        "subject": SUBJECT.to_json(),
    }
    content = json.dumps(tree).encode()
    pushed(registry, (Descriptor.from_bytes(media_types.OCI_MANIFEST, content), content))
    assert registry.index["manifests"][0]["artifactType"] == "application/x-config"


def test_idx_3_the_old_index_goes_last():
    registry = Registry()
    lines = pushed(registry, referrer("one"), referrer("two"))
    second = lines[[n for n, line in enumerate(lines) if line.startswith("PUT")][2] :]
    first_index = [line for line in lines if line.startswith("DELETE")]
    assert [line.split()[0] for line in second if not line.startswith("GET")] == ["PUT", "PUT", "DELETE"]
    assert len(first_index) == 1
    assert lines[-1] == first_index[0]
    assert [entry["artifactType"] for entry in registry.index["manifests"]] == [
        "application/one",
        "application/two",
    ]


def test_idx_3_scopes_are_those_of_each_step():
    with SandboxServer(profile="distribution-2.8", auth="token", users={"ada": "lovelace"}) as server:
        repo = repository(server.host, credential=Credential("ada", "lovelace"))
        repo.push(EMPTY_JSON, b"{}")
        for name in ("one", "two"):
            repo.push(*referrer(name))
        assert [entry.artifact_type for entry in repo.predecessors(SUBJECT)] == [
            "application/one",
            "application/two",
        ]


A, B, C = (Descriptor("a/b", Digest.of(name), 1) for name in (b"a", b"b", b"c"))


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        ([A, B], [Change(C, added=True)], [A, B, C]),
        ([A, B, A], [], [A, B]),
        ([A, B], [Change(A, added=True)], [A, B]),
        ([A, B], [Change(A, added=False)], [B]),
        ([A], [Change(B, added=True), Change(B, added=False)], [A]),
        ([A], [Change(A, added=False), Change(A, added=True)], [A]),
        ([], [Change(A, added=False)], []),
    ],
)
def test_idx_4_merging(before, changes, after):
    assert merged(before, changes) == after


@given(st.lists(st.sampled_from([A, B, C])), st.lists(st.tuples(st.sampled_from([A, B, C]), st.booleans())))
def test_idx_4_merging_keeps_order_and_has_no_doubles(before, steps):
    after = merged(before, [Change(entry, added=added) for entry, added in steps])
    last = dict(steps)
    assert len(set(after)) == len(after)
    assert set(after) == {entry for entry in {*before, *last} if last.get(entry, entry in before)}
    kept = [entry for entry in dict.fromkeys(before) if entry in after]
    assert [entry for entry in after if entry in kept] == kept


def test_idx_4_nothing_new_is_not_written():
    registry = Registry()
    lines = pushed(registry, referrer("one"), referrer("one"))
    assert len([line for line in lines if line == f"PUT {ROOT}/manifests/{TAG}"]) == 1
    assert not [line for line in lines if line.startswith("DELETE")]


def test_idx_5_an_index_that_became_empty_is_deleted():
    registry = Registry()
    target, content = referrer("one")
    with scripted(registry) as server:
        repo = repository(server.host)
        repo.push(target, content)
        repo.delete(target)
    assert registry.tags == {}
    assert registry.manifests == {}


def test_idx_6_old_indexes_stay_when_told_to():
    registry = Registry()
    target, content = referrer("one")
    with scripted(registry) as server:
        repo = repository(server.host, skip_referrers_gc=True)
        repo.push(target, content)
        repo.push(*referrer("two"))
        repo.delete(target)
        repo.delete(referrer("two")[0])
        deleted = [line for line in server.lines if line.startswith("DELETE")]
    assert deleted == [f"DELETE {ROOT}/manifests/{found.digest}" for found in (target, referrer("two")[0])]
    assert registry.index["manifests"] == []


def test_idx_7_an_old_index_that_cannot_be_deleted():
    registry = Registry(refuse_delete=True)
    with scripted(registry) as server:
        repo = repository(server.host)
        repo.push(*referrer("one"))
        with pytest.raises(errors.ReferrersError) as caught:
            repo.push(*referrer("two"))
    error = caught.value
    assert error.is_referrers_index_delete
    assert (error.op, error.subject.digest) == (errors.ReferrersError.DELETE, SUBJECT.digest)
    assert isinstance(error.__cause__, errors.ResponseError)
    assert error.__cause__.status == 405
    assert len(registry.index["manifests"]) == 2


def test_idx_7_an_index_that_cannot_be_written():
    registry = Registry()

    def respond(seen):
        return error_answer(500, "UNKNOWN") if seen.line == f"PUT {ROOT}/manifests/{TAG}" else registry(seen)

    with scripted(respond) as server, pytest.raises(errors.ReferrersError) as caught:
        repository(server.host).push(*referrer("one"))
    assert not caught.value.is_referrers_index_delete
    assert isinstance(caught.value.__cause__, errors.ServerError)
    assert referrer("one")[0].digest in registry.manifests


def test_idx_7_an_old_index_that_somebody_else_deleted_is_gone_all_the_same():
    registry = Registry()

    def respond(seen):
        answer = registry(seen)
        return error_answer(404, "MANIFEST_UNKNOWN") if seen.method == "DELETE" else answer

    lines = pushed(respond, referrer("one"), referrer("two"))
    assert sum(line.startswith("DELETE") for line in lines) == 1
    assert len(registry.index["manifests"]) == 2


def test_idx_10_an_index_that_never_shows_the_change_is_given_up():
    """A registry that takes every write under the tag and reads nothing back."""
    registry = Registry()

    def respond(seen):
        if seen.line == f"GET {ROOT}/manifests/{TAG}":
            return error_answer(404, "MANIFEST_UNKNOWN")
        return registry(seen)

    with scripted(respond) as server, pytest.raises(errors.ReferrersError, match="written 5 times") as caught:
        repository(server.host).push(*referrer("one"))
    assert isinstance(caught.value.__cause__, errors.UnsupportedError)
    assert "Others may be writing" in caught.value.hint
    writes = [line for line in server.lines if line == f"PUT {ROOT}/manifests/{TAG}"]
    assert len(writes) == referrers_index.MAX_ROUNDS
    assert not any(line.startswith("DELETE") for line in server.lines)


def test_idx_8_a_manifest_that_no_index_lists():
    registry = Registry()
    target, content = referrer("one")
    registry.manifests[str(target.digest)] = (target.media_type, content)
    with scripted(registry) as server:
        repository(server.host).delete(target)
        assert [line for line in server.lines if not line.startswith("GET")] == [
            f"DELETE {ROOT}/manifests/{target.digest}"
        ]


def test_idx_9_concurrent_pushes_share_writes():
    registry = Registry()
    things = [referrer(f"kind{n}") for n in range(16)]
    with scripted(registry) as server:
        repo = repository(server.host)
        repo.set_referrers_capability(False)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda thing: repo.push(*thing), things))
        writes = server.lines.count(f"PUT {ROOT}/manifests/{TAG}")
    assert {entry["digest"] for entry in registry.index["manifests"]} == {
        str(target.digest) for target, _ in things
    }
    assert writes < 16


def test_idx_9_everybody_in_a_batch_gets_its_error():
    def respond(seen):
        return error_answer(500, "UNKNOWN") if seen.target.endswith(TAG) else Answer(201)

    with scripted(respond) as server:
        repo = repository(server.host)
        repo.set_referrers_capability(False)

        def push(n):
            with pytest.raises(errors.ReferrersError):
                repo.push(*referrer(f"kind{n}"))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(push, range(8)))


def test_idx_9_nobody_waits_for_a_writer_that_was_interrupted(monkeypatch):
    registry, first, go_on = Registry(), threading.Event(), threading.Event()
    turns = []

    @contextmanager
    def turn(name):
        turns.append(name)
        if len(turns) == 1:
            first.set()
            assert go_on.wait(60)
        if len(turns) == 2:
            raise KeyboardInterrupt
        yield True

    monkeypatch.setattr(referrers_index, "turn", turn)
    things = [referrer(f"kind{n}") for n in range(3)]
    with scripted(registry) as server, ThreadPoolExecutor(3) as pool:
        repo = repository(server.host)
        repo.set_referrers_capability(False)
        held = pool.submit(repo.push, *things[0])
        assert first.wait(60)
        together = [pool.submit(repo.push, *thing) for thing in things[1:]]
        indexes = repo.manifests._indexes
        assert awaited(lambda: any(len(batch.changes) == 2 for batch in indexes._waiting.values()))
        go_on.set()
        held.result(60)
        found = {type(one.exception(60)) for one in together}
        assert found == {KeyboardInterrupt, errors.ReferrersError}
        for thing in things[1:]:
            repo.push(*thing)
    assert len(registry.index["manifests"]) == 3


def test_idx_10_a_change_of_another_process_in_between_is_not_lost():
    registry = Registry()
    mine, theirs = referrer("mine"), referrer("theirs")
    meddled = []

    def respond(seen):
        answer = registry(seen)
        if seen.line == f"PUT {ROOT}/manifests/{TAG}" and not meddled:
            # The other process read before this write, and writes after it.
            meddled.append(True)
            entry = theirs[0].to_json()
            body = json.dumps(
                {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": [entry]}
            ).encode()
            registry.manifests[str(Digest.of(body))] = (media_types.OCI_INDEX, body)
            registry.tags[TAG] = str(Digest.of(body))
        return answer

    with scripted(respond) as server:
        repository(server.host).push(*mine)
    assert {entry["digest"] for entry in registry.index["manifests"]} == {
        str(mine[0].digest),
        str(theirs[0].digest),
    }


def test_idx_11_nothing_but_push_and_delete_writes_an_index():
    registry = Registry()
    target, content = referrer("one")
    registry.manifests[str(target.digest)] = (target.media_type, content)
    with scripted(registry) as server:
        repo = repository(server.host)
        repo.tag(target, "v1")
        list(repo.referrer_pages(SUBJECT))
        repo.resolve("v1")
    assert TAG not in registry.tags
