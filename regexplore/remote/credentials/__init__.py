"""Credential stores (Go package ``registry/remote/credentials``)."""

from regexplore.remote.credentials.credential import EMPTY, Credential
from regexplore.remote.credentials.docker_config import DockerConfigStore
from regexplore.remote.credentials.helper import HelperStore
from regexplore.remote.credentials.memory_config import memory_store_of
from regexplore.remote.credentials.search import DefaultStore
from regexplore.remote.credentials.server import server_key
from regexplore.remote.credentials.store import CredentialStore, FallbackStore, MemoryStore, static_credential

__all__ = [
    "EMPTY",
    "Credential",
    "CredentialStore",
    "DefaultStore",
    "DockerConfigStore",
    "FallbackStore",
    "HelperStore",
    "MemoryStore",
    "memory_store_of",
    "server_key",
    "static_credential",
]
