"""Digests: the names of content.

Source: image-spec v1.1 ``descriptor.md`` (digests) and go-digest's registered algorithms.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Any, NoReturn, Protocol, Self

from regexplore.errors import InvalidDigestError, MismatchedDigestError
from regexplore.oci.excerpt import excerpt

# Length of the encoded part, in lower-case hex digits, by algorithm.
ALGORITHMS = {"sha256": 64, "sha384": 96, "sha512": 128}
LONGEST = len("sha512:") + 128
SHORT_LENGTH = 12

_DIGEST = re.compile(
    "|".join(f"{name}:[0-9a-f]{{{length}}}" for name, length in ALGORITHMS.items()), re.ASCII
)


class Hasher(Protocol):
    """The part of a hashlib object that is used here."""

    def update(self, content: bytes | bytearray | memoryview, /) -> None:
        """Take in more bytes."""

    def hexdigest(self) -> str:
        """Return the digest so far, in lower-case hex."""


class Digest(str):
    """A content digest such as ``sha256:44136fa3...``; a str that was checked once.

    Parameters
    ----------
    text : str
        ``algorithm:encoded`` with a known algorithm (sha256, sha384, sha512) and lower-case hex.

    Raises
    ------
    InvalidDigestError
        The text is anything else. Nothing is ever built from an unchecked digest.

    Examples
    --------
    >>> d = Digest.of(b"{}")
    >>> d.algorithm, d.short
    ('sha256', '44136fa355b3')
    >>> d == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    True
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Check the text; a Digest is taken as it is."""
        if isinstance(text, cls):
            return text
        if not (isinstance(text, str) and _DIGEST.fullmatch(text)):
            _refuse(text)
        return super().__new__(cls, text)

    @property
    def algorithm(self) -> str:
        """The part before the colon."""
        return self.partition(":")[0]

    @property
    def encoded(self) -> str:
        """The hex digits after the colon."""
        return self.partition(":")[2]

    @property
    def short(self) -> str:
        """The first 12 hex digits, for display only."""
        return self.encoded[:SHORT_LENGTH]

    @classmethod
    def of(cls, content: bytes, algorithm: str = "sha256") -> Self:
        """Digest of some bytes (Go ``digest.FromBytes``)."""
        hasher = new_hasher(algorithm)
        hasher.update(content)
        return cls.from_hasher(algorithm, hasher)

    @classmethod
    def from_hasher(cls, algorithm: str, hasher: Hasher) -> Self:
        """Digest of what a hasher has seen so far."""
        # Made here, not read: there is nothing to check.
        return super().__new__(cls, f"{algorithm}:{hasher.hexdigest()}")

    def hasher(self) -> Hasher:
        """Return a fresh hasher of this digest's algorithm."""
        return new_hasher(self.algorithm)

    def matches(self, content: bytes) -> bool:
        """Whether the bytes have this digest."""
        algorithm, _, encoded = self.partition(":")
        hasher = new_hasher(algorithm)
        hasher.update(content)
        return hmac.compare_digest(encoded, hasher.hexdigest())

    def verify(self, content: bytes) -> None:
        """Check bytes against this digest.

        Raises
        ------
        MismatchedDigestError
            They have another one.
        """
        if not self.matches(content):
            actual = Digest.of(content, self.algorithm)
            raise MismatchedDigestError(f"content has digest {actual}, asked for {self}")

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (str(self),))


_HASHERS: dict[str, Callable[[], Hasher]] = {name: getattr(hashlib, name) for name in ALGORITHMS}


def new_hasher(algorithm: str) -> Hasher:
    """Return a hasher of a known algorithm.

    Raises
    ------
    InvalidDigestError
        The algorithm is not one of sha256, sha384, sha512.
    """
    if algorithm not in ALGORITHMS:
        raise InvalidDigestError(f"unsupported digest algorithm {excerpt(algorithm)}")
    # By name: `hashlib.new` asks OpenSSL for the algorithm each time.
    return _HASHERS[algorithm]()


def is_digest(text: str) -> bool:
    """Whether a text is a digest that can be used.

    Examples
    --------
    >>> is_digest("sha256:abc")
    False
    """
    return isinstance(text, Digest) or (isinstance(text, str) and _DIGEST.fullmatch(text) is not None)


def _refuse(text: object) -> NoReturn:
    """Say what is wrong with a text that is no digest."""
    if not isinstance(text, str):
        raise InvalidDigestError(f"a digest is text, not {type(text).__name__}")
    if len(text) > LONGEST:
        raise InvalidDigestError(f"not a digest: {excerpt(text)} has {len(text)} characters")
    algorithm, colon, _ = text.partition(":")
    if not colon:
        raise InvalidDigestError(f"not a digest: {excerpt(text)} has no colon")
    length = ALGORITHMS.get(algorithm)
    if length is None:
        raise InvalidDigestError(f"unsupported digest algorithm {excerpt(algorithm)} in {excerpt(text)}")
    raise InvalidDigestError(f"not a digest: {excerpt(text)} needs {length} lower-case hex digits")
