"""Sixty-four threads, two users, many scopes: one token for each, and nobody gets another's."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import regexplore as rx
from regexplore import errors
from regexplore.oci import Descriptor, media_types
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials import Credential, MemoryStore
from regexplore.remote.transport import Transport
from regexplore.sandbox import SandboxServer

THREADS = 64
USERS = {"ada": "lovelace", "eve": "moneypenny"}
NAMES = ("some/app", "other/app", "base/image")
BLOB = Descriptor.from_bytes(media_types.OCTET_STREAM, b"content")


def together(work):
    """Run work for each number at the same moment."""
    start = threading.Barrier(THREADS, timeout=30)

    def begin(n):
        start.wait()
        return work(n)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(begin, range(THREADS)))


def client_of(host, user, password):
    return AuthClient(Transport(), credentials=MemoryStore({host: Credential(user, password)}))


def token_requests(server, before=0):
    return [record for record in server.log[before:] if record.origin == "tokens"]


@pytest.mark.parametrize("force", [False, True])
def test_conc_1_auth_4_cache_2_two_users_and_three_repositories(force):
    with SandboxServer(auth="token", users=USERS) as server:
        for name in NAMES:
            server.store.put_blob(name, BLOB.digest, b"content")
        clients = [client_of(server.host, *user) for user in USERS.items()]
        for client in clients:
            client.force_attempt_oauth2 = force
        repositories = [
            rx.Repository(f"{server.host}/{name}", client=client) for client in clients for name in NAMES
        ]
        contents = together(lambda n: repositories[n % len(repositories)].fetch_all(BLOB))
        assert set(contents) == {b"content"}
        # One for each user and scope.
        assert len(token_requests(server)) == len(repositories)
        assert {record.status for record in server.log} <= {200, 401}
        # Again, with tokens that are known: no question to anybody.
        before = len(server.log)
        together(lambda n: repositories[n % len(repositories)].fetch_all(BLOB))
        assert {record.status for record in server.log[before:]} == {200}
        assert token_requests(server, before) == []


def test_conc_1_cache_2_tokens_that_all_end_at_once():
    with SandboxServer(auth="token", users=USERS) as server:
        server.store.put_blob("some/app", BLOB.digest, b"content")
        repository = rx.Repository(
            f"{server.host}/some/app", client=client_of(server.host, "ada", "lovelace")
        )
        repository.fetch_all(BLOB)
        for _ in range(3):
            server.issuer.revoke_all()
            before = len(server.log)
            assert set(together(lambda n: repository.fetch_all(BLOB))) == {b"content"}
            assert len(token_requests(server, before)) == 1


def test_conc_1_cache_2_an_error_is_everybodys_and_the_next_call_asks_again():
    with SandboxServer(auth="token", users=USERS) as server:
        server.store.put_blob("some/app", BLOB.digest, b"content")
        known = {"credential": Credential("ada", "wrong")}
        client = AuthClient(Transport(), credentials=lambda host: known["credential"])
        repository = rx.Repository(f"{server.host}/some/app", client=client)

        def refused(_):
            try:
                repository.fetch_all(BLOB)
            except errors.UnauthorizedError:
                return True
            return False

        assert all(together(refused))
        known["credential"] = Credential("ada", "lovelace")
        assert set(together(lambda n: repository.fetch_all(BLOB))) == {b"content"}


def test_conc_1_auth_9_docker_registry_two_users_and_two_repositories(docker_registry_tokens):
    host, server = docker_registry_tokens
    clients = [client_of(host, "ada", "lovelace") for _ in range(2)]
    repositories = [
        rx.Repository(f"{host}/threads/{name}", client=client)
        for client in clients
        for name in ("one", "two")
    ]
    for repository in repositories[:2]:
        repository.push(BLOB, b"content")
    before = len(server.log)
    assert set(together(lambda n: repositories[n % 4].fetch_all(BLOB))) == {b"content"}
    queries = [record.query for record in token_requests(server, before)]
    # Two clients share nothing: each asks once for each repository.
    assert sorted(queries) == sorted(sorted(set(queries)) * 2)
    assert len(set(queries)) == 2
    with pytest.raises(errors.RegexploreError):
        rx.Repository(f"{host}/threads/one", client=AuthClient(Transport())).fetch_all(BLOB)
