"""Realms: which token server may see the credentials of a registry.

A registry names its token server itself, so a hostile one could name any host: the user's password would go there,
or the request would reach into the user's own network. Nothing is looked up; the rules go by the URL alone.

Source: facts of CVE-2026-48978 and its kin; distribution's token specification.
"""

from __future__ import annotations

from regexplore.errors import RealmRefusedError, RedirectRefusedError
from regexplore.oci.excerpt import excerpt
from regexplore.remote.origin import Origin, is_loopback, is_odd_address, is_private

# Token servers on another domain than their registry.
KNOWN = {
    "registry-1.docker.io": frozenset({"auth.docker.io"}),
    "registry.gitlab.com": frozenset({"gitlab.com"}),
    "quay.io": frozenset({"quay.io"}),
}
# Second-level names under which anybody can register: sharing one is no kinship.
_PUBLIC_SECOND = frozenset(
    {
        "ac",
        "co",
        "com",
        "edu",
        "gob",
        "gouv",
        "gov",
        "id",
        "ltd",
        "me",
        "mil",
        "ne",
        "net",
        "nom",
        "or",
        "org",
        "plc",
    }
)
# Domains whose names belong to their customers: there only the very host is kin.
_SHARED = frozenset(
    {
        "amazonaws.com", "appspot.com", "azurecr.io", "azurewebsites.net", "cloudfront.net", "fly.dev", "github.io",
        "gitlab.io", "googleapis.com", "herokuapp.com", "netlify.app", "ngrok.app", "ngrok.io", "onrender.com",
        "pages.dev", "run.app", "vercel.app", "web.app", "windows.net", "workers.dev",
    }
)  # fmt: skip


def check_realm(realm: str, registry: Origin, *, trusted_hosts: frozenset[str] = frozenset()) -> Origin:
    """Return the origin of a token server that may be asked at all.

    Raises
    ------
    RealmRefusedError
        It is not https (http only for a registry that is itself on http), it has user information, or it is
        a private address that is not the registry's own; two loopback addresses count as one.
    """
    if not realm:
        raise RealmRefusedError("the registry asks for a token and does not say where to get it")
    try:
        origin = Origin.of(realm)
    except RedirectRefusedError as error:
        raise RealmRefusedError(f"the token server is refused: {error.message}") from None
    host = origin.host
    if host in trusted_hosts:
        return origin
    if origin.scheme == "http" and registry.scheme != "http":
        raise RealmRefusedError(f"the token server {excerpt(realm)} is not on https")
    neighbours = host == registry.host or (is_loopback(host) and is_loopback(registry.host))
    if is_odd_address(host) or (is_private(host) and not neighbours):
        raise RealmRefusedError(f"the token server {excerpt(realm)} is a private address")
    return origin


def may_see_credentials(
    realm: Origin, registry: Origin, *, trusted_hosts: frozenset[str] = frozenset()
) -> bool:
    """Whether credentials of a registry may be sent to a token server.

    Yes for the registry's own host, hosts under the same registrable domain, known pairs, trusted hosts, and
    between loopback hosts.
    """
    if realm.host == registry.host or realm.host in trusted_hosts:
        return True
    if realm.host in KNOWN.get(registry.host, frozenset()):
        return True
    if is_loopback(realm.host) and is_loopback(registry.host):
        return True
    if is_private(realm.host) or is_private(registry.host):
        return False
    domain = _domain(registry.host)
    return _domain(realm.host) == domain != "" and domain not in _SHARED


def _domain(host: str) -> str:
    """Return the registrable domain of a name, by a rule that errs on the narrow side; "" when there is none."""
    labels = host.split(".")
    if len(labels) < 2 or not all(labels) or labels[-1].isdigit():
        return ""
    length = 3 if len(labels[-1]) == 2 and labels[-2] in _PUBLIC_SECOND else 2
    return ".".join(labels[-length:]) if len(labels) >= length else ""
