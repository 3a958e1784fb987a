"""One entry of ``auths``: a credential as docker and podman write it.

Source: docker's ``config.json``; Go ``config.AuthConfig``.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from regexplore.errors import BadCredentialFormatError, InvalidConfigFormatError
from regexplore.remote.credentials.credential import Credential


def decode(entry: Any, server: str) -> Credential:
    """Read an entry; an empty one is the empty credential.

    Raises
    ------
    InvalidConfigFormatError
        It cannot be read. The message holds nothing of it.
    """
    if entry is None:
        return Credential()
    if not isinstance(entry, dict):
        raise InvalidConfigFormatError(f"the entry of {server} is no object")
    fields = {
        name: entry.get(name) or ""
        for name in ("auth", "username", "password", "identitytoken", "registrytoken")
    }
    if not all(isinstance(value, str) for value in fields.values()):
        raise InvalidConfigFormatError(f"the entry of {server} holds something else than text")
    username, password = fields["username"], fields["password"]
    if fields["auth"]:
        username, password = _decode_auth(fields["auth"], server)
    return Credential(username, password, fields["identitytoken"], fields["registrytoken"])


def encode(credential: Credential) -> dict[str, str]:
    """Write an entry.

    Raises
    ------
    BadCredentialFormatError
        The user name has a colon, which the format cannot hold.
    """
    if ":" in credential.username:
        raise BadCredentialFormatError("a user name with a colon cannot be saved: the format splits there")
    entry = {}
    if credential.username or credential.password:
        pair = f"{credential.username}:{credential.password}".encode()
        entry["auth"] = base64.b64encode(pair).decode("ascii")
    if credential.refresh_token:
        entry["identitytoken"] = credential.refresh_token
    if credential.access_token:
        entry["registrytoken"] = credential.access_token
    return entry


def _decode_auth(text: str, server: str) -> tuple[str, str]:
    compact = "".join(text.split())
    try:
        pair = base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise InvalidConfigFormatError(f"the auth value of {server} is not base64 of user:password") from None
    username, colon, password = pair.rstrip("\x00").partition(":")
    if not colon:
        raise InvalidConfigFormatError(f"the auth value of {server} is not base64 of user:password")
    return username, password
