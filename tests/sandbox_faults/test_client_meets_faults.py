"""The client meets every fault: a named error or a partial result, in time, and a retry afterwards succeeds."""

import pytest

import regexplore as rx
from regexplore import errors
from regexplore.oci import Descriptor, Digest, media_types
from regexplore.remote import AuthClient, RepositoryOptions, Transport
from regexplore.sandbox.faults import Fault

DEADLINE = 1.5
LAYER = bytes(range(256)) * 4096

FAULTS = {
    "delay": Fault.delay(3),
    "drip": Fault.drip(0.05),
    "cut": Fault.cut(10),
    "reset": Fault.reset(),
    "401": Fault.status(401),
    "403": Fault.status(403, errors=["DENIED"]),
    "404": Fault.status(404),
    "429": Fault.status(429, retry_after=100),
    "500": Fault.status(500),
    "503": Fault.status(503, retry_after="soon"),
    "redirect to a refused port": Fault.redirect("http://127.0.0.1:1/"),
    "redirect without end": Fault.redirect("?again"),
    "redirect to a file": Fault.redirect("file:///etc/passwd"),
    "html": Fault.html(),
    "endless body": Fault.endless_body(),
    "wrong bytes": Fault.wrong_bytes(),
    "longer than announced": Fault.wrong_length(5),
    "shorter than announced": Fault.wrong_length(-5),
    "wrong digest header": Fault.wrong_digest(),
    "wrong media type": Fault.wrong_media_type(),
    "truncated json": Fault.truncated_json(),
}

OPERATIONS = {
    "ping": lambda repo, image, layer: rx.Registry(repo.reference.registry, options=repo.options).ping(),
    "repositories": lambda repo, image, layer: rx.Registry(
        repo.reference.registry, options=repo.options
    ).repositories(),
    "tags": lambda repo, image, layer: repo.tags(),
    "resolve": lambda repo, image, layer: repo.resolve("v1"),
    "fetch_reference": lambda repo, image, layer: repo.fetch_reference("v1"),
    "fetch manifest": lambda repo, image, layer: repo.fetch_all(image),
    "fetch blob": lambda repo, image, layer: repo.fetch_all(layer),
    "exists": lambda repo, image, layer: repo.exists(layer),
    "referrers": lambda repo, image, layer: list(repo.referrer_pages(image)),
    "push blob": lambda repo, image, layer: repo.push(layer, LAYER),
    "tag": lambda repo, image, layer: repo.tag(image, "v9"),
}


@pytest.fixture
def scene():
    with rx.Sandbox() as server:
        options = RepositoryOptions(
            client=AuthClient(Transport(retries=0)), deadline=DEADLINE, transfer_deadline=DEADLINE
        )
        repo = rx.Repository(f"{server.host}/demo/app", options=options)
        layer = Descriptor.from_bytes(media_types.OCI_LAYER_TAR, LAYER)
        server.store.put_blob("demo/app", layer.digest, LAYER)
        raw = b'{"schemaVersion":2,"mediaType":"%s","manifests":[]}' % media_types.OCI_INDEX.encode()
        server.store.put_manifest("demo/app", media_types.OCI_INDEX, raw, tags=["v1"])
        yield server, repo, Descriptor.from_bytes(media_types.OCI_INDEX, raw), layer


WANTED = [
    ("cut", "fetch blob", errors.ConnectionLostError),
    ("reset", "tags", errors.ConnectionLostError),
    ("401", "tags", errors.UnauthorizedError),
    ("403", "tags", errors.DeniedError),
    ("404", "fetch_reference", errors.NotFoundError),
    ("429", "tags", errors.RateLimitedError),
    ("500", "tags", errors.ServerError),
    ("redirect to a refused port", "fetch blob", errors.ConnectError),
    ("redirect without end", "fetch blob", errors.RedirectRefusedError),
    ("redirect to a file", "fetch blob", errors.RedirectRefusedError),
    ("html", "tags", errors.UnexpectedContentError),
    ("endless body", "tags", errors.SizeExceedsLimitError),
    ("wrong bytes", "fetch_reference", errors.MismatchedDigestError),
    ("wrong bytes", "fetch blob", errors.MismatchedDigestError),
    ("wrong digest header", "fetch_reference", errors.MismatchedDigestError),
    ("wrong digest header", "fetch blob", errors.MismatchedDigestError),
    ("longer than announced", "fetch blob", errors.ContentError),
    ("truncated json", "tags", errors.UnexpectedContentError),
    ("delay", "tags", errors.DeadlineExceededError),
    ("drip", "fetch blob", errors.DeadlineExceededError),
]


@pytest.mark.parametrize(
    ("fault", "operation", "kind"), WANTED, ids=lambda value: str(getattr(value, "__name__", value))
)
def test_the_error_has_the_right_name(scene, fault, operation, kind):
    server, repo, image, layer = scene
    server.faults.add(FAULTS[fault])
    with pytest.raises(kind):
        OPERATIONS[operation](repo, image, layer)


def test_looping_pages_are_named_and_what_came_before_is_kept(scene):
    server, repo, _, _ = scene
    server.faults.add(Fault.looping_pages())
    with pytest.raises(errors.PageLoopError):
        list(repo.tag_pages())
    frame = repo.tags()
    assert list(frame["tag"]) == ["v1"]
    assert not frame.attrs["complete"]


def test_endless_pages_end_at_the_limit(scene):
    server, repo, _, _ = scene
    server.faults.add(Fault.endless_pages())
    limited = rx.Repository(repo.reference, options=repo.options, tag_list_max_pages=5)
    with pytest.raises(errors.TooManyPagesError):
        list(limited.tag_pages())


def test_a_tag_that_moves_between_two_requests(scene):
    server, repo, image, _ = scene
    other = (
        b'{"schemaVersion":2,"mediaType":"%s","manifests":[],"annotations":{"a":"b"}}'
        % media_types.OCI_INDEX.encode()
    )
    server.store.put_manifest("demo/app", media_types.OCI_INDEX, other, tags=["v2"])
    server.faults.add(Fault.moving_tag("v2"), path="*/manifests/v1", skip=1)
    found = repo.get("v1")
    found.referrers(recursive=True)
    assert found.digest == image.digest
    assert repo.resolve("v1").digest == Digest.of(other)


def test_hostile_strings_are_one_bad_row_each(scene):
    server, repo, _, _ = scene
    server.faults.add(Fault.hostile_strings())
    frame = repo.tags(detail=True, progress=None)
    errors_by_tag = dict(zip(frame["tag"], frame["error"].notna(), strict=True))
    del errors_by_tag["v1"]
    assert all(errors_by_tag.values())
    assert len(errors_by_tag) > 4
    assert "\x1b" not in str(repo)


def test_warnings_arrive(scene):
    server, repo, _, _ = scene
    server.faults.add(Fault.warning("going away"))
    with pytest.warns(rx.RegistryWarning, match="going away"):
        repo.tags()
