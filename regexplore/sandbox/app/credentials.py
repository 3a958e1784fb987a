"""Basic credentials, read and compared without a hint in time (RFC 7617)."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping


def user_of(authorization: str | None, users: Mapping[str, str]) -> str | None:
    """Return the user whose Basic credentials these are, or None."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    expected = users.get(user)
    if not colon or expected is None:
        return None
    return user if hmac.compare_digest(password.encode(), expected.encode()) else None
