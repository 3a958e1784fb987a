"""What every endpoint needs: the store, the profile, and names that were checked at the door."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from regexplore.errors import InvalidDigestError
from regexplore.oci import Digest
from regexplore.sandbox.app.call import Call
from regexplore.sandbox.app.refusal import Refusal, missing
from regexplore.sandbox.app.sessions import Sessions
from regexplore.sandbox.profile import Profile
from regexplore.sandbox.stores import RegistryStore

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(slots=True)
class Context:
    """The registry's parts, handed to every endpoint.

    Attributes
    ----------
    store, profile
        Where content is, and what kind of registry this is.
    sessions : Sessions
        Uploads under way.
    blob_origin : str
        The other origin that blobs are redirected to; empty without one.
    signature : str
        What that origin wants to see in the query.
    """

    store: RegistryStore
    profile: Profile
    sessions: Sessions = field(default_factory=Sessions)
    blob_origin: str = ""
    signature: str = field(default_factory=lambda: secrets.token_hex(16))

    async def write(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a method of the store that writes, in a thread if it waits for a disk."""
        if self.store.blocking:
            return await asyncio.to_thread(function, *args, **kwargs)
        return function(*args, **kwargs)

    def digest(self, text: str) -> Digest:
        """Return a digest named by the client, or refuse with 400 DIGEST_INVALID."""
        try:
            return Digest(text)
        except InvalidDigestError as error:
            raise Refusal(400, "DIGEST_INVALID", error.message) from None

    def known_repository(self, call: Call) -> None:
        """Refuse a repository that is not there."""
        if not self.store.has_repository(call.repository):
            raise self.missing_repository(call)

    def missing_repository(self, call: Call) -> Refusal:
        """Return the refusal of a repository that is not there; who may not push is not told."""
        status = 404 if call.may_push else self.profile.missing_repository
        return missing(status, "NAME_UNKNOWN", {"name": call.repository})

    def pushable_repository(self, call: Call) -> None:
        """Refuse to make a repository by pushing, where the profile wants it made beforehand."""
        if self.profile.repository_needed:
            self.known_repository(call)
