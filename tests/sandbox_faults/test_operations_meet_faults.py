"""Every operation under every fault: the right result, a result that says it is partial, or a named error with a hint.

In time, without the secret, with no thread or socket left over, nothing in the registry broken; and once the fault is
over, the same client does the same thing as if nothing had been.
"""

import time

import pytest
from support import fault_matrix as scene
from support.fault_matrix import FAULTS, OPERATIONS, TAKING_AWAY, opened, plain, says_it_is_partial, served
from support.left_over import LeftOver

from regexplore import errors
from regexplore.oci import Digest

# A busy machine may be slow; only a hang takes so long.
PATIENCE = 30
# These have another right answer while the fault lasts: a moved tag names something else, what is said to be missing
# does not exist, headers tell what the registry put into them, and a manifest said to be of another type is shown as that.
DIFFERENT = {
    ("moving tag", "resolve"),
    ("moving tag", "fetch_reference"),
    ("moving tag", "get"),
    ("moving tag", "compare"),
    ("moving tag", "files"),
    # A listing has no digest: a byte that changed in it cannot be seen.
    ("wrong bytes", "tag_pages"),
    ("wrong bytes", "tags"),
    ("wrong bytes", "tags with detail"),
    ("wrong bytes", "repository_pages"),
    ("wrong bytes", "repositories"),
    ("wrong bytes", "snapshot"),
    ("wrong bytes", "audit"),
    ("wrong bytes", "crawl"),
    ("status 404", "exists"),
    ("status 404", "referrers"),
    ("status 404", "predecessors"),
    ("wrong digest", "resolve"),
    ("wrong media type", "resolve"),
    ("wrong media type", "predecessors"),
    ("wrong media type", "referrers"),
    ("wrong media type", "graph"),
    ("hostile strings", "tag_pages"),
    ("hostile strings", "tags"),
    ("hostile strings", "repository_pages"),
    ("hostile strings", "repositories"),
    ("hostile strings", "predecessors"),
    ("hostile strings", "referrers"),
    ("endless pages", "tag_pages"),
    ("redirect", "predecessors"),
    ("redirect", "referrers"),
    ("html", "predecessors"),
    ("html", "referrers"),
    ("html", "resolve"),
    ("html", "fetch_head"),
    ("too long", "fetch_head"),
    ("too long", "resolve"),
    ("too short", "fetch_head"),
    ("too short", "resolve"),
    ("truncated json", "resolve"),
    ("truncated json", "fetch_head"),
    ("endless body", "fetch_head"),
}


def without_a_fault(tmp_path_factory, profile):
    found = {}
    for name, operation in OPERATIONS.items():
        with served(profile) as server:
            found[name] = plain(operation(opened(server, PATIENCE), tmp_path_factory.mktemp("sound")))
    return found


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    """What each operation gives without a fault, where there is the referrers API and where there is none."""
    return {profile: without_a_fault(tmp_path_factory, profile) for profile in scene.PROFILES}


def meet(operation, repo, folder):
    """Do it, and return the result, or the named error."""
    try:
        return operation(repo, folder)
    except errors.RegexploreError as error:
        assert error.hint
        assert scene.SECRET not in f"{error} {error.hint} {error!r} {error.__cause__}"
        assert "YWRhOmNhbmFyeS" not in f"{error} {error.__cause__}"
        return error


def retried(name, repo, folder, wanted):
    """Do it again; and once more where the short deadline was too short for a busy machine.

    Nor is the fault quite over where it broke a connection after the answer: the next request on it meets that.
    """
    end = time.monotonic() + PATIENCE
    while True:
        again = meet(OPERATIONS[name], repo, folder)
        unlucky = (
            isinstance(again, errors.RegexploreError) and not isinstance(again, errors.NotFoundError)
        ) or (says_it_is_partial(again) and plain(again) != wanted)
        if not unlucky or time.monotonic() > end:
            return again


def check_store(server):
    """What is in the registry is still what it is called."""
    for tag in server.store.tags(scene.NAME):
        held = server.store.manifest(scene.NAME, tag)
        assert Digest.of(held.content) == held.digest


def once(profile, fault, name, right, folder):
    operation = OPERATIONS[name]
    with served(profile) as server:
        repo = opened(server)
        server.faults.add(FAULTS[fault])
        began = time.monotonic()
        found = meet(operation, repo, folder)
        taken = time.monotonic() - began
        asked = len(server.log)
        server.faults.clear()
        failed = isinstance(found, errors.RegexploreError)
        same = not failed and plain(found) == right[profile][name]
        assert failed or same or says_it_is_partial(found) or (fault, name) in DIFFERENT, found
        assert taken < (asked + 1) * scene.DEADLINE + PATIENCE
        check_store(server)
        kept = scene.kept_index(server)
        if profile == scene.WITH_API and repo.referrers_capability == "unsupported":
            # A registry that says it has no referrers API is believed; a new object asks anew.
            repo = opened(server)
        if fault == "status 429":
            # The registry asked for a hundred seconds, and this client keeps to it: another one need not.
            with pytest.raises(errors.RateLimitedError, match="not sent"):
                repo.resolve("v1")
            repo = opened(server)
        again = retried(name, repo, folder, right[profile][name])
        if (name in TAKING_AWAY and not failed) or isinstance(again, errors.NotFoundError):
            assert name in TAKING_AWAY
        else:
            assert plain(again) == right[profile][name], again
        check_store(server)
        if profile == scene.WITHOUT_API and name != "delete":
            assert set(kept) <= set(scene.kept_index(server)) == {scene.SIGNATURE.digest}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("fault", FAULTS)
def test_t16_t20_t26_t27_the_right_result_or_a_named_error(fault, operation, right, tmp_path):
    before = LeftOver()
    once(scene.WITH_API, fault, operation, right, tmp_path)
    assert before.nothing(), before


KEEPING_AN_INDEX = ("push with a subject", "delete", "predecessors", "referrers", "graph", "copy to a layout")


@pytest.mark.parametrize("operation", KEEPING_AN_INDEX)
@pytest.mark.parametrize("fault", FAULTS)
def test_the_same_where_the_client_keeps_the_index(fault, operation, right, tmp_path):
    before = LeftOver()
    once(scene.WITHOUT_API, fault, operation, right, tmp_path)
    assert before.nothing(), before


def test_the_size_of_the_matrix(capsys):
    whole, index = len(FAULTS) * len(OPERATIONS), len(FAULTS) * len(KEEPING_AN_INDEX)
    with capsys.disabled():
        print(
            f"\nfault matrix: {len(FAULTS)} faults x {len(OPERATIONS)} operations = {whole}, "
            f"and x {len(KEEPING_AN_INDEX)} by the tag schema = {index}; {whole + index} in all"
        )
    assert set(KEEPING_AN_INDEX) <= set(OPERATIONS)
    assert {fault.kind for fault in FAULTS.values()} == set(scene.KINDS)
