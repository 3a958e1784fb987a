"""Referrers: by the API, by the tag schema, and how the client finds out which."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.clients import repository
from support.scripted_server import Answer, error_answer, json_answer, scripted

import regexplore as rx
from regexplore import errors
from regexplore.content.memory import MemoryStore
from regexplore.content.referrers import list_referrers
from regexplore.oci import EMPTY_JSON, Descriptor, Digest, media_types

ROOT = "/v2/some/app"
SUBJECT = Descriptor(media_types.OCI_MANIFEST, Digest.of(b"subject"), 7)
API = f"{ROOT}/referrers/{SUBJECT.digest}"
TAG = f"{ROOT}/manifests/{str(SUBJECT.digest).replace(':', '-')}"
A, B, C = (
    Descriptor(media_types.OCI_MANIFEST, Digest.of(name.encode()), 1, artifact_type=f"application/{name}")
    for name in "abc"
)


def index(*entries, content_type=media_types.OCI_INDEX, headers=(), **more):
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_INDEX,
        "manifests": [e.to_json() for e in entries],
        **more,
    }
    return Answer(body=json.dumps(tree).encode(), headers=[("Content-Type", content_type), *headers])


def digests(pages):
    return [[entry.digest for entry in page] for page in pages]


def listed(table, artifact_type="", **options):
    """Return pages, requests and capability."""
    with scripted(table) as server:
        repo = repository(server.host, **options)
        found = digests(repo.referrer_pages(SUBJECT, artifact_type))
        return found, server.lines, repo.referrers_capability


def test_refr_1_set_once():
    repo = repository("host.example")
    repo.set_referrers_capability(True)
    repo.set_referrers_capability(True)
    with pytest.raises(errors.ReferrersCapabilityAlreadySetError, match="supported"):
        repo.set_referrers_capability(False)
    assert repo.referrers_capability == "supported"


def test_refr_1_what_was_found_out_counts_as_set():
    with scripted({f"GET {API}": index(A)}) as server:
        repo = repository(server.host)
        list(repo.referrer_pages(SUBJECT))
        with pytest.raises(errors.ReferrersCapabilityAlreadySetError):
            repo.set_referrers_capability(False)


def test_refr_2_unknown_then_supported():
    assert listed({f"GET {API}": index(A, B)}) == ([[A.digest, B.digest]], [f"GET {API}"], "supported")


def test_refr_2_unknown_then_the_tag_schema():
    found = listed({f"GET {API}": error_answer(404), f"GET {TAG}": index(A)})
    assert found == ([[A.digest]], [f"GET {API}", f"GET {TAG}"], "unsupported")


def test_refr_2_unsupported_asks_the_tag_only():
    with scripted({f"GET {TAG}": index(A)}) as server:
        repo = repository(server.host)
        repo.set_referrers_capability(False)
        assert digests(repo.referrer_pages(SUBJECT)) == [[A.digest]]
        assert server.lines == [f"GET {TAG}"]


def test_refr_2_supported_asks_the_api_only_and_a_404_is_an_error():
    with scripted({f"GET {TAG}": index(A)}) as server:
        repo = repository(server.host)
        repo.set_referrers_capability(True)
        with pytest.raises(errors.UnsupportedError):
            list(repo.referrer_pages(SUBJECT))
        assert server.lines == [f"GET {API}"]


@pytest.mark.parametrize(
    "answer",
    [
        index(content_type="text/html"),
        index(content_type="application/json"),
        json_answer({}),
        Answer(200, b"<html>sign in</html>"),
    ],
)
def test_refr_3_only_an_index_is_support(answer):
    found, lines, capability = listed({f"GET {API}": answer, f"GET {TAG}": index(A)})
    assert (found, lines[-1], capability) == ([[A.digest]], f"GET {TAG}", "unsupported")


@pytest.mark.parametrize(
    "codes", [["NAME_UNKNOWN"], ["NAME_UNKNOWN", "MANIFEST_UNKNOWN"], ["X", "NAME_UNKNOWN"]]
)
def test_refr_3_4_a_repository_that_is_missing_says_nothing_about_the_api(codes):
    with scripted({f"GET {API}": error_answer(404, *codes)}) as server:
        repo = repository(server.host)
        with pytest.raises(errors.NotFoundError):
            list(repo.referrer_pages(SUBJECT))
        assert repo.referrers_capability == "unknown"


@pytest.mark.parametrize("status", [200, 403, 500])
def test_refr_3_a_redirect_to_a_page_for_people_is_not_the_api(status):
    """Whatever that page answers: it is not the registry that speaks."""
    table = {
        f"GET {API}": Answer(302, headers=[("Location", "/sign-in")]),
        "GET /sign-in": Answer(status, b"<html>"),
        f"GET {TAG}": index(A),
    }
    assert listed(table) == ([[A.digest]], [f"GET {API}", "GET /sign-in", f"GET {TAG}"], "unsupported")


@pytest.mark.parametrize(
    ("entry", "where"),
    [(1, "expected an object, got int"), ({"mediaType": "a/b", "digest": "x", "size": 1}, "manifests[1]")],
)
def test_refr_3_an_entry_that_is_none_is_said_to_be_where_it_is(entry, where):
    answer = json_answer({"schemaVersion": 2, "manifests": [A.to_json(), entry]})
    headers = [("Content-Type", media_types.OCI_INDEX)]
    with scripted({f"GET {API}": Answer(body=answer.body, headers=headers)}) as server:
        with pytest.raises(errors.UnexpectedContentError) as caught:
            list(repository(server.host).referrer_pages(SUBJECT))
    assert where in str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503])
def test_refr_3_other_errors_are_raised_and_nothing_is_learnt(status):
    with scripted({f"GET {API}": error_answer(status, "DENIED")}) as server:
        repo = repository(server.host)
        with pytest.raises(errors.RegexploreError):
            list(repo.referrer_pages(SUBJECT))
        assert repo.referrers_capability == "unknown"
        assert f"GET {TAG}" not in server.lines


@pytest.mark.parametrize(
    "content_type",
    [
        media_types.OCI_INDEX + "; charset=utf-8",
        media_types.OCI_INDEX.upper(),
        media_types.OCI_INDEX + " ;x=y",
    ],
)
def test_refr_4_parameters_of_the_content_type_do_not_matter(content_type):
    assert listed({f"GET {API}": index(A, content_type=content_type)})[2] == "supported"


@pytest.mark.parametrize(
    "answer",
    [
        error_answer(405),
        error_answer(501),
        error_answer(400, "UNSUPPORTED"),
        error_answer(406),
        Answer(303, headers=[("Location", "/login")]),
    ],
    ids=["405", "501", "400 UNSUPPORTED", "406", "303"],
)
def test_refr_5_no_support(answer):
    table = {
        f"GET {API}": answer,
        f"GET {TAG}": index(A),
        "GET /login": Answer(200, b"<html>", [("Content-Type", "text/html")]),
    }
    found, _, capability = listed(table)
    assert (found, capability) == ([[A.digest]], "unsupported")


@pytest.mark.parametrize(
    "applied", [[], [("OCI-Filters-Applied", "artifactType")], [("OCI-Filters-Applied", "foo, artifactType")]]
)
def test_refr_6_filtered_here_whatever_was_applied_there(applied):
    url = f"{API}?artifactType=application%2Fb"
    found, lines, _ = listed({f"GET {url}": index(A, B, C, headers=applied)}, "application/b")
    assert (found, lines) == ([[B.digest]], [f"GET {url}"])


@pytest.mark.parametrize(
    ("said", "filtered"),
    [
        ({}, False),
        ({"annotations": {"org.opencontainers.referrers.filtersApplied": "artifactType"}}, True),
        ({"annotations": {"org.opencontainers.referrers.filtersApplied": "other"}}, False),
        ({"annotations": None}, False),
        ({"headers": [("OCI-Filters-Applied", "artifactType")]}, True),
    ],
)
def test_refr_6_whether_the_registry_filters_is_known_once_it_was_asked_to(said, filtered):
    with scripted(lambda seen: index(A, **said)) as server:
        repo = repository(server.host)
        list(repo.referrer_pages(SUBJECT))
        assert repo.referrers_filtered is None
        list(repo.referrer_pages(SUBJECT, A.artifact_type))
        assert repo.referrers_filtered is filtered


def test_refr_6_page_3_a_page_with_nothing_left_is_not_handed_over():
    table = {
        f"GET {API}?artifactType=application%2Fb": index(A, headers=[("Link", f"<{API}?p=2>")]),
        f"GET {API}?p=2": index(B),
    }
    assert listed(table, "application/b")[0] == [[B.digest]]


@pytest.mark.parametrize("digest", ["sha256:../..", "sha256:AA", "nonsense"])
def test_refr_7_the_digest_of_the_subject_is_checked_first(digest):
    with scripted({}) as server, pytest.raises(errors.InvalidDigestError):
        list(repository(server.host).referrer_pages(Descriptor(media_types.OCI_MANIFEST, digest, 1)))
    assert server.seen == []


def test_refr_8_predecessors_are_all_pages_as_they_come():
    table = {
        f"GET {API}": index(B, A, headers=[("Link", f"<{API}?p=2>; rel=next")]),
        f"GET {API}?p=2": index(A, C),
    }
    with scripted(table) as server:
        assert [entry.digest for entry in repository(server.host).predecessors(SUBJECT)] == [
            B.digest,
            A.digest,
            A.digest,
            C.digest,
        ]


def test_refr_9_a_missing_tag_is_no_referrers():
    assert listed({}) == ([], [f"GET {API}", f"GET {TAG}"], "unsupported")


def test_refr_9_the_index_of_the_tag_is_verified_and_bounded():
    lying = Answer(
        body=index(A).body,
        headers=[("Content-Type", media_types.OCI_INDEX), ("Docker-Content-Digest", Digest.of(b"x"))],
    )
    for answer, kind, options in (
        (lying, errors.MismatchedDigestError, {}),
        (index(A, B, C), errors.SizeExceedsLimitError, {"max_metadata_bytes": 100}),
        (error_answer(500), errors.ServerError, {}),
    ):
        with pytest.raises(kind):
            listed({f"GET {API}": error_answer(404), f"GET {TAG}": answer}, **options)


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (
            media_types.DOCKER_LIST,
            {"schemaVersion": 2, "mediaType": media_types.DOCKER_LIST, "manifests": []},
        ),
        (media_types.OCI_MANIFEST, {"schemaVersion": 2, "config": A.to_json(), "layers": []}),
        ("application/json", {"tags": []}),
    ],
)
def test_refr_9_a_tag_that_is_no_index_is_said_to_be_none(media_type, content):
    answer = json_answer(content)
    answer = Answer(body=answer.body, headers=[("Content-Type", media_type)])
    with pytest.raises(errors.UnsupportedError, match="no referrers index"):
        listed({f"GET {API}": error_answer(404), f"GET {TAG}": answer})


def test_refr_9_a_registry_that_reads_the_tag_as_the_digest_it_spells():
    content = json.dumps(
        {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": [A.to_json()]}
    ).encode()
    subject = Descriptor.from_bytes(media_types.OCI_INDEX, content)
    tag = f"{ROOT}/manifests/{str(subject.digest).replace(':', '-')}"
    with scripted(
        {f"GET {tag}": Answer(body=content, headers=[("Content-Type", media_types.OCI_INDEX)])}
    ) as server:
        assert list(repository(server.host).referrer_pages(subject)) == []


def test_refr_9_the_filter_applies_to_the_tag_too():
    table = {f"GET {TAG}": index(A, B, C)}
    assert listed(table, "application/c")[0] == [[C.digest]]


def test_refr_10_the_tag_of_a_long_digest():
    subject = Descriptor(media_types.OCI_MANIFEST, Digest("sha512:" + "ab" * 64), 1)
    with scripted({}) as server:
        list(repository(server.host).referrer_pages(subject))
        assert server.lines[-1] == f"GET {ROOT}/manifests/sha512-{'ab' * 32}"


def test_refr_11_one_probe_whoever_asks():
    arrived = threading.Barrier(16, timeout=20)
    with scripted(lambda seen: index()) as server:
        repo = repository(server.host)

        def ask(_):
            arrived.wait()
            return repo._referrers.probe().value

        with ThreadPoolExecutor(16) as pool:
            assert set(pool.map(ask, range(16))) == {"supported"}
        assert server.lines == [f"GET {ROOT}/referrers/sha256:{'0' * 64}"]


def test_refr_11_a_probe_that_is_answered_with_entries_is_one_request():
    """A registry that has entries even for the digest of nothing; whoever deletes wants to know only that it has."""
    tree = {
        "schemaVersion": 2,
        "config": EMPTY_JSON.to_json(),
        "layers": [],
        "subject": SUBJECT.to_json(),
    }
    content = json.dumps(tree).encode()
    target = Descriptor.from_bytes(media_types.OCI_MANIFEST, content)
    where = f"{ROOT}/manifests/{target.digest}"

    def respond(seen):
        if "/referrers/" in seen.target:
            return index(A, B, headers=[("Link", f'<{seen.target}?p=2>; rel="next"')])
        return Answer(202) if seen.method == "DELETE" else Answer(body=content)

    with scripted(respond) as server:
        repo = repository(server.host)
        repo.delete(target)
        assert repo.referrers_capability == "supported"
        probe = f"GET {ROOT}/referrers/sha256:{'0' * 64}"
        assert server.lines == [f"GET {where}", probe, f"DELETE {where}"]


def test_refr_11_a_probe_that_fails_teaches_nothing():
    with scripted(lambda seen: error_answer(404, "NAME_UNKNOWN")) as server:
        repo = repository(server.host)
        with pytest.raises(errors.NotFoundError):
            repo._referrers.probe()
        assert repo.referrers_capability == "unknown"


class Plain:
    """A store that knows no referrers, only what points at what."""

    def __init__(self, store):
        self.resolve, self.fetch, self.exists, self.predecessors = (
            store.resolve,
            store.fetch,
            store.exists,
            store.predecessors,
        )


def test_refr_12_a_store_without_the_call_is_asked_for_predecessors():
    store = MemoryStore()
    subject = store.add_document(media_types.OCI_INDEX, {"schemaVersion": 2, "manifests": []})
    config = store.add("application/x-kind", b"{}")
    common = {"schemaVersion": 2, "config": config.to_json(), "layers": [], "subject": subject.to_json()}
    own = store.add_document(media_types.OCI_MANIFEST, {**common, "artifactType": "a/b"})
    by_config = store.add_document(media_types.OCI_MANIFEST, common)
    store.add_document(media_types.OCI_INDEX, {"schemaVersion": 2, "manifests": [subject.to_json()]})
    found = list_referrers(Plain(store), subject)
    assert {(entry.digest, entry.artifact_type) for entry in found} == {
        (own.digest, "a/b"),
        (by_config.digest, "application/x-kind"),
    }
    assert [entry.digest for entry in list_referrers(Plain(store), subject, "a/b")] == [own.digest]


def test_refr_13_children_of_an_index_and_cosign_tags_are_in_the_graph():
    with rx.Sandbox.demo() as sandbox:
        graph = sandbox.registry.repository("demo/app").graph("v1.2")
    edges = graph.edges
    children = set(edges.loc[edges["kind"] == "child", "target"])
    assert children & set(edges.loc[edges["kind"] == "subject", "target"])
    assert (edges["kind"] == "cosign").any()
