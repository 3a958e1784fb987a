"""A docker configuration that is not a file: a secret of a cluster, a variable of a pipeline.

Source: Go ``credentials.NewMemoryStoreFromDockerConfig``.
"""

from __future__ import annotations

import json

from regexplore.errors import InvalidConfigFormatError
from regexplore.remote.credentials import file_entry
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.credentials.server import host_part, server_key
from regexplore.remote.credentials.store import MemoryStore


def memory_store_of(config: bytes | str) -> MemoryStore:
    """Return a memory store of what ``auths`` of a configuration holds.

    Helpers that it names are not asked. Of several keys for one host the first counts.

    Raises
    ------
    InvalidConfigFormatError
        It is not a configuration, or one of its entries cannot be read. The message holds nothing of it.

    Examples
    --------
    >>> memory_store_of('{"auths": {"localhost:5000": {"auth": "YWRhOnNlY3JldA=="}}}').get("localhost:5000")
    <Credential of 'ada', password>
    """
    try:
        content = json.loads(config)
    except (ValueError, RecursionError):
        raise InvalidConfigFormatError("the configuration is not JSON") from None
    auths = content.get("auths") or {} if isinstance(content, dict) else None
    if not isinstance(auths, dict):
        raise InvalidConfigFormatError("the configuration is no object, or its auths are none")
    found: dict[str, Credential] = {}
    for key, entry in auths.items():
        found.setdefault(server_key(host_part(key)), file_entry.decode(entry, key))
    return MemoryStore(found)
