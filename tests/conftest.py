"""Fixtures for all tests: real registries, real tools, a real image, a sandbox.

What is not installed is skipped with a plain reason; `make test` installs what it may.
"""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from hypothesis import HealthCheck, settings
from support import images, registries, tools

from regexplore.sandbox import SandboxServer

# No property fails because the machine is busy; where many look at one run, all see the same examples.
settings.register_profile(
    "regexplore",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    derandomize="CI" in os.environ,
)
settings.load_profile("regexplore")

# What a shell starts in the background ignores interrupts, and so would all that is started here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def program(name: str) -> Path:
    """Return where a program is, or skip."""
    found = tools.tool(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test talks to another machine, whatever it tries."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]
            assert host == "localhost" or ipaddress.ip_address(host).is_loopback, f"a test connects to {host}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def docker_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Debian's docker-registry 2.8: no referrers API, tags unsorted, everything else by the book."""
    with registries.distribution(program("docker-registry"), tmp_path_factory.mktemp("distribution")) as host:
        yield host


@pytest.fixture(scope="session")
def docker_registry_htpasswd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same, behind a user name and a password: ada, lovelace."""
    folder = tmp_path_factory.mktemp("htpasswd")
    done = subprocess.run(
        [program("htpasswd"), "-Bbn", "ada", "lovelace"], capture_output=True, check=True, text=True
    )
    (folder / "htpasswd").write_text(done.stdout.strip() + "\n")
    extra = f"auth:\n  htpasswd:\n    realm: test\n    path: {folder / 'htpasswd'}\n"
    with registries.distribution(program("docker-registry"), folder, extra=extra) as host:
        yield host


@pytest.fixture(scope="session")
def docker_registry_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The same, with TLS under an authority of its own; yields host and the authority's certificate."""
    import trustme

    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    served = authority.issue_cert("127.0.0.1", "localhost")
    served.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    extra = f"  tls: {{certificate: {folder / 'server.pem'}, key: {folder / 'server.pem'}}}\n"
    with registries.distribution(program("docker-registry"), folder, extra=extra, scheme="https") as host:
        yield host, folder / "ca.pem"


@pytest.fixture(scope="session")
def docker_registry_tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, SandboxServer]]:
    """The same, behind the sandbox's token server; yields the host and that server. User: ada, lovelace."""
    from support.signing_issuer import ISSUER, SERVICE, SigningIssuer

    folder = tmp_path_factory.mktemp("tokens")
    server = SandboxServer(auth="token", users={"ada": "lovelace"})
    server.issuer = SigningIssuer()
    bundle = server.issuer.write_bundle(folder / "bundle.pem")
    with server:
        challenge = requests.get(f"{server.url}/v2/", timeout=10).headers["WWW-Authenticate"]
        realm = challenge.split('realm="')[1].partition('"')[0]
        extra = (
            f"auth:\n  token:\n    realm: {realm}\n    service: {SERVICE}\n"
            f"    issuer: {ISSUER}\n    rootcertbundle: {bundle}\n"
        )
        with registries.distribution(program("docker-registry"), folder, extra=extra) as host:
            yield host, server


@pytest.fixture(scope="session")
def go_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """go-containerregistry's registry: it has the referrers API, and no Link, filter or OCI-Subject."""
    with registries.go_registry(program("goregistry"), tmp_path_factory.mktemp("go")) as host:
        yield host


@pytest.fixture(scope="session")
def debian_layout() -> Path:
    """A real Debian image as an OCI layout, with references v1 and v2."""
    try:
        return images.debian_layout()
    except images.Unavailable as error:
        pytest.skip(f"no Debian image: {error}")


@pytest.fixture(scope="session")
def debian_repository(debian_layout: Path, docker_registry: str) -> str:
    """The Debian image in docker-registry, pushed by skopeo; ``host/repository`` with tags v1 and v2."""
    program("skopeo")
    target = f"{docker_registry}/debian/app"
    for tag in ("v1", "v2"):
        images.push(debian_layout, tag, f"{target}:{tag}")
    return target


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """An empty sandbox registry."""
    with SandboxServer() as server:
        yield server
