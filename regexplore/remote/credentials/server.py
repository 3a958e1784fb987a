"""Names that credentials are kept under.

Docker Hub's have a name of their own, which is the address of an API that is long gone.

Source: Go ``credentials.ServerAddressFromRegistry``; docker's and podman's configuration files.
"""

from __future__ import annotations

from collections.abc import Iterator

DOCKER_HUB_KEY = "https://index.docker.io/v1/"
_DOCKER_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})


def server_key(server: str) -> str:
    """Return the key for a registry's name or host.

    Examples
    --------
    >>> server_key("docker.io"), server_key("localhost:5000")
    ('https://index.docker.io/v1/', 'localhost:5000')
    """
    return DOCKER_HUB_KEY if server in _DOCKER_HUB else server


def host_part(key: str) -> str:
    """Return the host of a key that may be an old one with scheme and path."""
    return key.partition("://")[2].partition("/")[0] if "://" in key else key.partition("/")[0]


def key_names(server: str) -> tuple[str, ...]:
    """Return the names that one server may be kept under: docker writes the key of Docker Hub, podman its name."""
    key = server_key(server)
    return (key, *sorted(_DOCKER_HUB)) if key == DOCKER_HUB_KEY else (key,)


def lookups(server: str) -> Iterator[str]:
    """Yield the exact keys to look under: the whole name, then shorter paths, as podman does."""
    yield from key_names(server)
    if "://" in server:
        return
    path = server
    while "/" in path:
        path = path.rpartition("/")[0]
        yield from key_names(path)
