"""What each operation asks a token for."""

import contextlib
from urllib.parse import parse_qs, urlsplit

import pytest
from support.clients import repository
from support.scripted_server import error_answer, json_answer, scripted

import regexplore as rx
from regexplore import errors
from regexplore.oci import Descriptor, Digest, media_types
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.transport import Transport
from regexplore.sandbox import SandboxServer

CONTENT = b"content"
BLOB = Descriptor.from_bytes(media_types.OCTET_STREAM, CONTENT)


def refusing(seen):
    """A registry that gives tokens to everybody and takes none."""
    if seen.target.startswith("/token"):
        return json_answer({"token": "t"})
    challenge = f'Bearer realm="http://{seen.headers["Host"]}/token"'
    return error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", challenge)])


OPERATIONS = {
    "tags": (lambda repo: list(repo.tag_pages()), "repository:some/app:pull"),
    "resolve": (lambda repo: repo.resolve("v1"), "repository:some/app:pull"),
    "fetch": (lambda repo: repo.fetch(BLOB), "repository:some/app:pull"),
    "exists": (lambda repo: repo.exists(BLOB), "repository:some/app:pull"),
    "referrers": (lambda repo: list(repo.referrer_pages(BLOB)), "repository:some/app:pull"),
    "push": (lambda repo: repo.push(BLOB, CONTENT), "repository:some/app:pull,push"),
    "tag": (
        lambda repo: repo.tag(Descriptor(media_types.OCI_MANIFEST, Digest.of(b""), 0), "v1"),
        "repository:some/app:pull,push",
    ),
    "mount": (
        lambda repo: repo.mount(BLOB, "base/image"),
        "repository:base/image:pull repository:some/app:pull,push",
    ),
    "delete blob": (lambda repo: repo.delete(BLOB), "repository:some/app:delete"),
    "delete manifest": (
        lambda repo: repo.delete(Descriptor(media_types.OCI_MANIFEST, Digest.of(b""), 0)),
        "repository:some/app:delete,pull",
    ),
    "catalog": (
        lambda repo: list(rx.Registry(repo.reference.registry, options=repo.options).repository_pages()),
        "registry:catalog:*",
    ),
    "ping": (lambda repo: rx.Registry(repo.reference.registry, options=repo.options).ping(), ""),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_scope_4_5_what_each_operation_asks_for(operation):
    """Reading never asks for more than pull."""
    call, wanted = OPERATIONS[operation]
    with scripted(refusing) as server:
        with contextlib.suppress(errors.RegexploreError):
            call(rx.Repository(f"{server.host}/some/app", client=AuthClient(Transport(retries=0))))
        asked = [
            parse_qs(urlsplit(seen.target).query).get("scope", [])
            for seen in server.seen
            if seen.target.startswith("/token")
        ]
    assert " ".join(asked[0]) == wanted


def test_scope_5_reading_works_for_a_user_who_may_not_push():
    with SandboxServer(auth="token", users={"ada": "lovelace"}, anonymous_pull=True) as server:
        server.store.put_blob("some/app", BLOB.digest, CONTENT)
        assert repository(server.host).fetch_all(BLOB) == CONTENT
        with pytest.raises(errors.RegexploreError):
            repository(server.host).push(BLOB, CONTENT)
