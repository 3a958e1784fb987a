"""Debian's docker-registry and the sandbox, with TLS from a private authority, passwords and tokens."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import registries, tools
from support.clients import registry

import regexplore as rx
from regexplore import errors
from regexplore.oci import Descriptor, media_types
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials import Credential, DockerConfigStore, MemoryStore
from regexplore.remote.login import login
from regexplore.remote.options import RepositoryOptions
from regexplore.remote.transport import Transport
from regexplore.sandbox import SandboxServer
from regexplore.sandbox.tls import make_certificates

ADA = Credential("ada", "lovelace")
BLOB = Descriptor.from_bytes(media_types.OCTET_STREAM, b"content")
TLS_ONLY = RepositoryOptions(plain_http=False)


@pytest.fixture(scope="module")
def registry_with_tls_and_passwords(tmp_path_factory):
    """Yield the host of a docker-registry, and the authority that it is to be trusted by."""
    program, htpasswd = tools.tool("docker-registry"), tools.tool("htpasswd")
    if program is None or htpasswd is None:
        pytest.skip("docker-registry or htpasswd is not installed")
    folder = tmp_path_factory.mktemp("closed")
    made = make_certificates(folder)
    line = subprocess.run([htpasswd, "-Bbn", "ada", "lovelace"], capture_output=True, check=True, text=True)
    (folder / "htpasswd").write_text(line.stdout.strip() + "\n")
    extra = (
        f"  tls:\n    certificate: {made.certificate_path}\n    key: {made.key_path}\n"
        f"auth:\n  htpasswd:\n    realm: test\n    path: {folder / 'htpasswd'}\n"
    )
    with registries.distribution(program, folder, extra=extra, scheme="https") as host:
        yield host, made.ca_path


def test_auth_8_t18_passwords_over_tls(registry_with_tls_and_passwords):
    host, ca_file = registry_with_tls_and_passwords
    repository = rx.Repository(f"{host}/some/app", credential=ADA, ca_file=ca_file, plain_http=False)
    repository.push(BLOB, b"content")
    assert repository.fetch_all(BLOB) == b"content"
    with pytest.raises(errors.UnauthorizedError):
        rx.Repository(
            f"{host}/some/app", credential=Credential("ada", "no"), ca_file=ca_file, plain_http=False
        ).fetch_all(BLOB)
    with pytest.raises(errors.CredentialNotFoundError):
        transport = Transport(ca_file=ca_file, retries=0)
        rx.Repository(f"{host}/some/app", client=AuthClient(transport), plain_http=False).fetch_all(BLOB)


def test_t18_t16_nothing_is_told_to_a_server_that_is_not_trusted(registry_with_tls_and_passwords):
    host, _ = registry_with_tls_and_passwords
    with pytest.raises(errors.TLSError) as caught:
        rx.Registry(host, credential=ADA, plain_http=False).ping()
    assert "lovelace" not in str(caught.value)
    # And plain HTTP is no way around.
    with pytest.raises(errors.RegexploreError):
        rx.Registry(host, credential=ADA, plain_http=True).ping()


def test_login_1_over_tls_into_a_file(registry_with_tls_and_passwords, tmp_path):
    host, ca_file = registry_with_tls_and_passwords
    store = DockerConfigStore(tmp_path / "config.json", allow_plaintext_put=True, detect_default=False)
    client = Transport(ca_file=ca_file, retries=0)
    with pytest.raises(errors.CredentialError):
        login(store, host, Credential("ada", "no"), client=client, options=TLS_ONLY)
    assert not store.path.exists()
    assert login(store, host, ADA, client=client, options=TLS_ONLY) is True
    assert DockerConfigStore(store.path).get(host) == ADA


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
def test_cfg_6_login_1_skopeo_reads_what_was_saved(registry_with_tls_and_passwords, tmp_path):
    host, ca_file = registry_with_tls_and_passwords
    store = DockerConfigStore(tmp_path / "config.json", allow_plaintext_put=True, detect_default=False)
    login(store, host, ADA, client=Transport(ca_file=ca_file, retries=0), options=TLS_ONLY)
    said = subprocess.run(
        ["skopeo", "login", "--get-login", "--authfile", store.path, host], capture_output=True, text=True
    )
    assert said.stdout.strip() == "ada", said.stderr


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
def test_cfg_3_what_skopeo_saved_is_read(registry_with_tls_and_passwords, tmp_path):
    host, ca_file = registry_with_tls_and_passwords
    (tmp_path / "certs").mkdir()
    shutil.copy(ca_file, tmp_path / "certs" / "ca.crt")
    command = ["skopeo", "login", "--authfile", tmp_path / "auth.json", "--cert-dir", tmp_path / "certs"]
    done = subprocess.run([*command, "-u", "ada", "-p", "lovelace", host], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert DockerConfigStore(tmp_path / "auth.json", detect_default=False).get(host) == ADA


@pytest.mark.parametrize("auth", ["basic", "token"])
@pytest.mark.parametrize("force", [False, True])
def test_auth_12_15_16_t18_the_sandbox_over_tls(auth, force):
    with SandboxServer(auth=auth, users={"ada": "lovelace"}, tls=True) as server:
        transport = Transport(ca_file=server.ca_path, retries=0)
        client = AuthClient(
            transport, credentials=MemoryStore({server.host: ADA}), force_attempt_oauth2=force
        )
        repository = rx.Repository(f"{server.host}/some/app", client=client, plain_http=False)
        repository.push(BLOB, b"content")
        assert repository.fetch_all(BLOB) == b"content"
        with pytest.raises(errors.TLSError):
            rx.Registry(server.host, credential=ADA, plain_http=False).ping()


def test_login_1_auth_15_docker_registry_behind_a_token_server(docker_registry_tokens):
    host, server = docker_registry_tokens
    store = MemoryStore()
    with pytest.raises(errors.CredentialError):
        login(store, host, Credential("ada", "no"))
    assert login(store, host, ADA) is True
    # An identity token, as docker keeps it, for the same registry.
    identity = Credential(refresh_token=server.issuer.refresh_token("ada"))
    assert login(store, host, identity) is True
    repository = rx.Repository(f"{host}/identity/app", credential=identity)
    repository.push(BLOB, b"content")
    assert repository.fetch_all(BLOB) == b"content"


def test_scope_4_auth_9_docker_registry_gives_each_operation_what_it_needs(docker_registry_tokens):
    host, _ = docker_registry_tokens
    options = {"credential": ADA}
    source = rx.Repository(f"{host}/scopes/source", **options)
    target = rx.Repository(f"{host}/scopes/target", **options)
    source.push(BLOB, b"content")
    target.mount(BLOB, "scopes/source")
    assert target.fetch_all(BLOB) == b"content"
    assert "scopes/target" in [
        name for page in rx.Registry(host, **options).repository_pages() for name in page
    ]
    target.delete(BLOB)
    assert not target.exists(BLOB)


def test_opt_1_a_credential_and_certificates_by_name(docker_registry_htpasswd, docker_registry_tls):
    ada = rx.Credential("ada", "lovelace")
    registry_ = rx.Registry(docker_registry_htpasswd, credential=ada)
    registry_.ping()
    registry_.repository("some/app").push(BLOB, b"content")
    assert rx.Repository(f"{docker_registry_htpasswd}/some/app", credential=ada).fetch_all(BLOB) == b"content"
    assert "lovelace" not in repr(registry_.options)
    host, ca_file = docker_registry_tls
    rx.Registry(host, ca_file=ca_file, plain_http=False).ping()
    with pytest.raises(errors.TLSError):
        rx.Registry(host, plain_http=False).ping()
    with pytest.raises(ValueError, match="handed in already"):
        rx.Registry(host, ca_file=ca_file, client=Transport())


def test_conc_1_docker_registry_behind_a_token_server(docker_registry_tokens):
    host, server = docker_registry_tokens
    before = len(server.log)
    options = RepositoryOptions(
        client=AuthClient(Transport(), credentials=MemoryStore({host: Credential("ada", "lovelace")}))
    )
    blobs = {
        Descriptor.from_bytes(media_types.OCTET_STREAM, body): body for body in (b"%d" % n for n in range(64))
    }
    repo = rx.Repository(f"{host}/some/app", options=options)
    with ThreadPoolExecutor(64) as pool:
        list(pool.map(lambda item: repo.push(*item), blobs.items()))
        assert list(pool.map(repo.fetch_all, blobs)) == list(blobs.values())
    scopes = [record.query for record in server.log[before:]]
    assert len(scopes) == len(set(scopes)) == 2


def test_auth_9_docker_registry_refuses_who_is_not_known(docker_registry_tokens):
    host, _ = docker_registry_tokens
    with pytest.raises((errors.AuthError, errors.UnauthorizedError)):
        registry(host, Credential("ada", "wrong")).ping()
    registry(host, Credential("ada", "lovelace")).ping()
