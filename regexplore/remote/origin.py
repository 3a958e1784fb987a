"""Origins: who a request talks to, and so who may see its credentials.

Source: RFC 6454; RFC 9110 section 15.4 (redirects); distribution-spec "API" on Authorization across hosts.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple, Self
from urllib.parse import SplitResult, urlsplit

from regexplore.errors import RedirectRefusedError
from regexplore.oci.excerpt import excerpt

DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Scheme, host and port; the host in lower case, the port always a number."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self:
        """Return the origin of an absolute http or https URL without user information.

        Raises
        ------
        RedirectRefusedError
            The URL is anything else.
        """
        parts = _split(url)
        scheme = parts.scheme.lower()
        if scheme not in DEFAULT_PORTS or not parts.hostname:
            raise RedirectRefusedError(f"not an http or https URL: {excerpt(url)}")
        if parts.username is not None or parts.password is not None:
            raise RedirectRefusedError(
                f"user information in a URL that the registry gave ({parts.hostname!a})"
            )
        try:
            port = parts.port
        except ValueError:
            raise RedirectRefusedError(f"impossible port in {excerpt(url)}") from None
        return cls(scheme, parts.hostname.lower(), DEFAULT_PORTS[scheme] if port is None else port)

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine, by its name alone: nothing is looked up."""
        return is_loopback(self.host)

    def may_redirect_to(self, target: Origin) -> bool:
        """Whether a request to this origin may be sent on to another.

        Never from https to http, and never from a public name to an address that is private, on the link or
        loopback: such an address is how a registry would reach into the reader's own network.
        """
        if self.scheme == "https" and target.scheme == "http":
            return False
        if self.host == target.host or not is_private(target.host):
            return True
        return is_private(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host name or IP literal means this machine."""
    if host.lower() == "localhost":
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def is_private(host: str) -> bool:
    """Whether a host is loopback, or an IP literal that is not of the public internet."""
    address = _address(host)
    return is_loopback(host) if address is None else not address.is_global


def split_host(registry: str) -> str:
    """Return the host of ``host[:port]``, without the brackets of an IPv6 address."""
    return urlsplit(f"//{registry}").hostname or ""


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise RedirectRefusedError(f"not a URL: {excerpt(url)}") from None
