"""The client of remote registries (Go package ``registry/remote``); plain Python values, no pandas."""

from regexplore.remote.auth import AuthClient
from regexplore.remote.blobs import RemoteBlobs
from regexplore.remote.budget import Budget
from regexplore.remote.content_headers import ContentHeaders
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.manifest_store import RemoteManifestStore
from regexplore.remote.options import Client, RepositoryOptions
from regexplore.remote.registry import RemoteRegistry
from regexplore.remote.repository import RemoteRepository
from regexplore.remote.transport import Transport
from regexplore.remote.warning import RegistryWarning, WarningValue

__all__ = [
    "AuthClient",
    "Budget",
    "Client",
    "ContentHeaders",
    "Credential",
    "RegistryWarning",
    "RemoteBlobs",
    "RemoteManifestStore",
    "RemoteRegistry",
    "RemoteRepository",
    "RepositoryOptions",
    "Transport",
    "WarningValue",
]
