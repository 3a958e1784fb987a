"""Origins: who a request talks to, and so who may see its credentials.

Source: RFC 6454; RFC 9110 section 15.4 (redirects); distribution-spec "API" on Authorization across hosts.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple, Self
from urllib.parse import SplitResult, urljoin, urlsplit

from regexplore.errors import RedirectRefusedError
from regexplore.oci.excerpt import excerpt

DEFAULT_PORTS = {"http": 80, "https": 443}

# Readers of URLs disagree about every other character: what is one host to us must be the same to who connects.
_NAME = re.compile(r"(?=.{1,254}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.ASCII)
_BRACKETED = re.compile(r"[0-9a-f:.]*:[0-9a-f:.]*", re.ASCII)
_CONTROL = re.compile(r"^ |[\x00-\x1f\x7f]")
# Scheme and host of a URL with nothing odd in it: the same few come again with every request.
_BEGINNING = re.compile(r"(https?://[a-z0-9.:_-]+)/[!-~]*", re.ASCII)
# The network that stands for all of IPv4 (RFC 6052), as the upper 96 bits of an address.
_NAT64 = int(ipaddress.IPv6Address("64:ff9b::")) >> 32


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
        plain = _BEGINNING.fullmatch(url)
        return cls(*(_of_beginning(plain[1]) if plain else _read(url)))

    @property
    def name(self) -> str:
        """``host[:port]``, the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

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


def _read(url: str) -> tuple[str, str, int]:
    parts = _split(url)
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS or not parts.hostname:
        raise RedirectRefusedError(f"not an http or https URL: {excerpt(url)}")
    if parts.username is not None or parts.password is not None:
        raise RedirectRefusedError(f"user information in a URL that the registry gave ({parts.hostname!a})")
    host = parts.hostname.lower()
    form = _BRACKETED if "[" in parts.netloc else _NAME
    if not form.fullmatch(host) or _CONTROL.search(url):
        raise RedirectRefusedError(f"not a plain host name in {excerpt(url)}")
    return scheme, host, _port(parts, DEFAULT_PORTS[scheme], url)


_of_beginning = lru_cache(maxsize=256)(_read)


def joined(base: str, location: str) -> str:
    """Return the URL that a location stands for, seen from another URL.

    Raises
    ------
    RedirectRefusedError
        It cannot be read.
    """
    try:
        return urljoin(base, location)
    except ValueError:
        raise RedirectRefusedError(f"not a URL: {excerpt(location)}") from None


def is_loopback(host: str) -> bool:
    """Whether a host name or IP literal means this machine."""
    if host.lower() == "localhost":
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def is_private(host: str) -> bool:
    """Whether a host is loopback, or an IP address in any form that is not of the public internet."""
    address = _address(host)
    if address is None:
        name = host.lower().rstrip(".")
        return name == "localhost" or name.endswith(".localhost") or is_odd_address(host)
    return not (address.is_global and _inside(address).is_global)


def is_odd_address(host: str) -> bool:
    """Whether a host is a number in disguise (``127.1``, ``0x7f000001``), which resolvers read as IPv4."""
    if _address(host) is not None:
        return False
    try:
        int(host.rstrip(".").rpartition(".")[2], 0)
    except ValueError:
        return False
    return True


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


def _inside(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the IPv4 address that an IPv6 one leads to, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.sixtofour is not None:
        return address.sixtofour
    if int(address) >> 32 in (0, _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _port(parts: SplitResult, default: int, url: str) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise RedirectRefusedError(f"impossible port in {excerpt(url)}")
    return default if port is None else port


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise RedirectRefusedError(f"not a URL: {excerpt(url)}") from None
