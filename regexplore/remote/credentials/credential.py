"""A credential: who one is to a registry.

The secrets in it are shown by no repr and survive no pickle.

Source: Go ``auth.Credential``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from regexplore.errors import BadCredentialFormatError, CredentialError
from regexplore.remote.redact import Secret

_SECRETS = ("password", "refresh_token", "access_token")


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """User name and password, or a token.

    Attributes
    ----------
    username, password : str
    refresh_token : str
        Identity token, exchanged for access tokens.
    access_token : str
        Registry token, sent as it is.

    Raises
    ------
    BadCredentialFormatError
        One of them holds half of a character.

    Examples
    --------
    >>> Credential("ada", "secret")
    <Credential of 'ada', password>
    """

    username: str = ""
    password: str = ""
    refresh_token: str = ""
    access_token: str = ""

    def __post_init__(self) -> None:
        for name in ("username", *_SECRETS):
            try:
                getattr(self, name).encode()
            except UnicodeEncodeError:
                # Half of a character, as JSON can hold it. The error itself would quote the secret.
                raise BadCredentialFormatError(f"{name} is not text that can be sent") from None
        for name in _SECRETS:
            object.__setattr__(self, name, Secret(getattr(self, name)))

    def __bool__(self) -> bool:
        """Whether there is anything in it."""
        return bool(self.username or self.password or self.refresh_token or self.access_token)

    def __repr__(self) -> str:
        held = [name for name in _SECRETS if getattr(self, name)]
        return f"<Credential of {self.username!a}, {' and '.join(held) or 'no secret'}>"

    def __reduce__(self) -> NoReturn:
        raise CredentialError(
            "credentials are not pickled",
            hint="Hand the name of a credential store over instead; the other side reads it there.",
        )


EMPTY = Credential()
"""No credential: requests go out without one."""
