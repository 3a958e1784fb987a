"""References: where content lives, as people write it.

`Reference.parse` is strict, as Go's ``registry.ParseReference``: it never adds a host, a name space or a tag.
`normalize` is for text that people type: Docker Hub short names are completed, and it says so.

Source: distribution-spec v1.1 "Pulling manifests"; the reference grammar of the distribution project;
Go ``registry.Reference``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv6Address
from typing import Self

from regexplore.errors import InvalidDigestError, InvalidReferenceError
from regexplore.oci.digest import Digest, is_digest
from regexplore.oci.excerpt import excerpt_of_name

MAX_REPOSITORY = 255
MAX_TEXT = 4096

DOCKER_HUB = "docker.io"
DOCKER_HUB_HOST = "registry-1.docker.io"
DEFAULT_TAG = "latest"

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*", re.ASCII)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
_SCHEMES = ("oci://", "https://", "http://")


@dataclass(frozen=True, slots=True)
class Reference:
    """A registry, a repository in it, and a tag or digest there.

    Attributes
    ----------
    registry : str
        Host and port as written, case kept.
    repository : str
        "" for the registry itself.
    reference : str
        A tag or a digest; "" for the repository itself. With both written, the digest: it decides.
    written_tag : str
        The tag that stood before a digest, for display only.

    Raises
    ------
    InvalidReferenceError
        A part is outside the grammar; names the part.

    Examples
    --------
    >>> ref = Reference.parse("localhost:5000/demo/app:v1.2")
    >>> ref.registry, ref.repository, ref.tag
    ('localhost:5000', 'demo/app', 'v1.2')
    >>> Reference.parse("docker.io/library/alpine").host
    'registry-1.docker.io'
    """

    registry: str
    repository: str = ""
    reference: str = ""
    written_tag: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        check_registry(self.registry)
        if self.repository:
            check_repository(self.repository)
        elif self.reference:
            raise InvalidReferenceError(
                f"invalid reference: {excerpt_of_name(self.reference)} without a repository"
            )
        if self.reference:
            check_reference(self.reference)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``registry/repository[:tag][@digest]`` (Go ``registry.ParseReference``).

        A leading ``oci://``, ``https://`` or ``http://`` is dropped. A tag beside a digest is kept
        in `written_tag` and does not count.
        """
        bare = _without_scheme(_bounded(text))
        registry, slash, path = bare.partition("/")
        if not slash:
            raise InvalidReferenceError(f"invalid reference: {excerpt_of_name(text)} has no repository")
        name, at, digest = path.partition("@")
        repository, colon, tag = name.partition(":")
        check_registry(registry)
        check_repository(repository)
        if at and digest:
            check_digest_reference(digest)
            return cls(registry, repository, digest, written_tag=tag if colon and is_tag(tag) else "")
        if tag:
            check_tag(tag)
        return cls(registry, repository, tag)

    @property
    def tag(self) -> str | None:
        """The tag, or None if this names a digest or nothing."""
        return self.reference if self.reference and ":" not in self.reference else None

    @property
    def digest(self) -> Digest | None:
        """The digest, or None if this names a tag or nothing."""
        return Digest(self.reference) if ":" in self.reference else None

    @property
    def host(self) -> str:
        """Where to connect: Docker Hub's API lives on another host than its name says."""
        return DOCKER_HUB_HOST if self.registry == DOCKER_HUB else self.registry

    @property
    def reference_or_default(self) -> str:
        """The tag or digest, or ``latest`` (Go ``ReferenceOrDefault``)."""
        return self.reference or DEFAULT_TAG

    def with_reference(self, reference: str) -> Self:
        """Return the same repository with another tag or digest."""
        return type(self)(self.registry, self.repository, reference)

    def with_repository(self, repository: str) -> Self:
        """Return a repository of the same registry."""
        return type(self)(self.registry, repository)

    def __str__(self) -> str:
        if not self.repository:
            return self.registry
        if not self.reference:
            return f"{self.registry}/{self.repository}"
        separator = "@" if ":" in self.reference else ":"
        return f"{self.registry}/{self.repository}{separator}{self.reference}"


@dataclass(frozen=True, slots=True)
class Normalized:
    """A reference as meant, and what was added to what was typed; "" if nothing was.

    Examples
    --------
    >>> str(normalize("alpine").reference)
    'docker.io/library/alpine'
    """

    reference: Reference
    note: str = ""


def normalize(text: str) -> Normalized:
    """Read what people type: Docker Hub's short names are completed, with a note.

    Examples
    --------
    >>> n = normalize("alpine:3.20")
    >>> str(n.reference), n.note
    ('docker.io/library/alpine:3.20', 'alpine:3.20 was read as docker.io/library/alpine:3.20')
    >>> normalize("localhost/app").note
    ''
    """
    bare = _without_scheme(_bounded(text))
    first, slash, _ = bare.partition("/")
    if slash and (first == "localhost" or "." in first or ":" in first or first.lower() != first):
        full = f"{DOCKER_HUB}/library/{bare.partition('/')[2]}" if _is_hub_short(bare) else bare
    elif slash:
        full = f"{DOCKER_HUB}/{bare}"
    else:
        full = f"{DOCKER_HUB}/library/{bare}"
    reference = Reference.parse(full)
    return Normalized(reference, "" if full == bare else f"{text} was read as {full}")


def _is_hub_short(text: str) -> bool:
    registry, _, path = text.partition("/")
    return registry in (DOCKER_HUB, f"index.{DOCKER_HUB}") and "/" not in path


def check_registry(registry: str) -> None:
    """Refuse what is not ``host[:port]``.

    Raises
    ------
    InvalidReferenceError
        Also for an empty or impossible port, an IPv6 address without brackets, and names that are not
        ASCII: those look like other names.

    Examples
    --------
    >>> check_registry("localhost:5000")
    """
    host, port = _split_port(registry)
    if host.startswith("["):
        fine = _is_ipv6(host[1:-1]) if host.endswith("]") else False
    else:
        fine = len(host) <= 253 and _HOST.fullmatch(host) is not None
    if not fine:
        raise InvalidReferenceError(f"invalid registry {excerpt_of_name(registry)}: not host[:port]")
    if port is not None and not (_PORT.fullmatch(port) and 0 < int(port) <= 65535):
        # What stands there could be a password that was cut at its first slash.
        raise InvalidReferenceError(f"invalid registry {excerpt_of_name(host)}: port must be 1 to 65535")


def check_repository(repository: str) -> None:
    """Refuse what is not a repository name of the distribution-spec.

    Raises
    ------
    InvalidReferenceError

    Examples
    --------
    >>> check_repository("demo/app")
    """
    if len(repository) > MAX_REPOSITORY:
        raise InvalidReferenceError(f"invalid repository: longer than {MAX_REPOSITORY} characters")
    for component in repository.split("/"):
        if not _COMPONENT.fullmatch(component):
            raise InvalidReferenceError(
                f"invalid repository {excerpt_of_name(repository)}: component {excerpt_of_name(component)} is not "
                "lower-case letters and digits joined by one of . _ __ -"
            )


def check_reference(reference: str) -> None:
    """Refuse what is neither a tag nor a digest.

    Raises
    ------
    InvalidReferenceError

    Examples
    --------
    >>> check_reference("v1.2")
    """
    if ":" in reference:
        check_digest_reference(reference)
    else:
        check_tag(reference)


def check_tag(tag: str) -> None:
    """Refuse what cannot be a tag; a digest behind a colon is none.

    Raises
    ------
    InvalidReferenceError
    """
    if not is_tag(tag):
        raise InvalidReferenceError(
            f"invalid tag {excerpt_of_name(tag)}: 1 to 128 letters, digits, _ . - and no . or - first"
        )


def check_digest_reference(reference: str) -> None:
    """Refuse what is not a digest, as a reference error.

    Raises
    ------
    InvalidReferenceError
    """
    try:
        Digest(reference)
    except InvalidDigestError as error:
        raise InvalidReferenceError(f"invalid reference: {error.message}", hint=error.hint) from None


def is_tag(text: str) -> bool:
    """Whether a text can be a tag.

    Examples
    --------
    >>> is_tag("v1.2"), is_tag("-v1")
    (True, False)
    """
    return len(text) <= 128 and _TAG.fullmatch(text) is not None


def referrers_tag(digest: Digest) -> str:
    """Tag of the referrers index of a subject, by the referrers tag schema.

    Source: distribution-spec v1.1 "Referrers tag schema": algorithm cut to 32 characters, encoded part to 64.

    Examples
    --------
    >>> len(referrers_tag(Digest("sha512:" + "a" * 128)))
    71
    """
    return f"{digest.algorithm[:32]}-{digest.encoded[:64]}"


def _split_port(registry: str) -> tuple[str, str | None]:
    if registry.startswith("["):
        host, bracket, rest = registry.partition("]")
        if not rest:
            return host + bracket, None
        return host + bracket, rest[1:] if rest.startswith(":") else "not a port"
    host, colon, port = registry.partition(":")
    return host, port if colon else None


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return "%" not in text


def _without_scheme(text: str) -> str:
    return next((text[len(scheme) :] for scheme in _SCHEMES if text.startswith(scheme)), text)


def _bounded(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise InvalidReferenceError(f"invalid reference: longer than {MAX_TEXT} characters")
    return text


__all__ = [
    "Normalized",
    "Reference",
    "check_reference",
    "check_registry",
    "check_repository",
    "is_digest",
    "is_tag",
    "normalize",
    "referrers_tag",
]
