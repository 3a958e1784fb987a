"""REG: the registry itself."""

from __future__ import annotations

from regexplore.auditing.policy import Policy
from regexplore.auditing.rule import Outcome, failed, not_applicable, passed, rule, unknown
from regexplore.auditing.subjects import AuditedRegistry
from regexplore.evidence.piece import REFERRERS_TAG


@rule(
    "REG01",
    title="plain HTTP",
    severity="high",
    scope="registry",
    needs="registry",
    inspects="how the registry was asked, and where its tokens come from",
    source="GHSA-28r5-37g7-p6mp; distribution-spec v1.1",
    remedy="serve it over HTTPS",
)
def plain_http(registry: AuditedRegistry, policy: Policy) -> Outcome:
    """Not encrypted, and not on this machine; or tokens are to be fetched from an address that was refused."""
    if not registry.scheme:
        return not_applicable("no network")
    if registry.refused_realm:
        return failed(registry.refused_realm, registry.name)
    if registry.scheme == "https":
        return passed("HTTPS")
    return passed("plain HTTP on this machine") if registry.loopback else failed("plain HTTP", registry.name)


@rule(
    "REG02",
    title="readable by everybody",
    severity="info",
    scope="registry",
    needs="registry",
    inspects="whether it answered without credentials",
    source="NIST SP 800-190; CIS",
    remedy="nothing, if it is meant to be public",
)
def anonymous(registry: AuditedRegistry, policy: Policy) -> Outcome:
    """It answers without being told who asks."""
    if not registry.scheme:
        return not_applicable("no network")
    if registry.anonymous is None:
        return unknown("nothing was asked yet")
    return failed("it answered without credentials", registry.name) if registry.anonymous else passed()


@rule(
    "REG03",
    title="no referrers API, or one that does not filter",
    severity="info",
    scope="registry",
    needs="registry",
    inspects="how referrers were listed, and whether it says that it filters (OCI-Filters-Applied)",
    source="distribution-spec v1.1, Listing Referrers",
    remedy="update the registry; clients keep an index under a tag meanwhile, which can go stale",
)
def no_referrers(registry: AuditedRegistry, policy: Policy) -> Outcome:
    """Referrers had to be read from a tag, or a filter by artifact type is passed over."""
    if not registry.scheme:
        return not_applicable("no network")
    if not registry.channels:
        return unknown("no referrers were asked for")
    if REFERRERS_TAG in registry.channels:
        return failed("referrers are listed by tag only", registry.name)
    if registry.filters is False:
        return failed("the referrers API passes over the filter by artifact type", registry.name)
    return passed("it has the referrers API" + (", and filters" if registry.filters else ""))


RULES = (plain_http, anonymous, no_referrers)
