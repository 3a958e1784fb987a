"""What a card tells of a connection: host, authentication, abilities, requests so far."""

from __future__ import annotations

from regexplore.objects.caching import cache_fact
from regexplore.objects.meter import cache_of, meter_of
from regexplore.objects.sections import facts_of
from regexplore.oci import Reference
from regexplore.remote.options import RepositoryOptions
from regexplore.show.card import Facts

NOT_KNOWN = "not known yet"

AUTHENTICATION = {
    "": "nothing sent yet",
    "none": "anonymous so far",
    "Basic": "user name and password",
    "Bearer": "bearer token",
    "other": "credentials of another scheme",
}


def connection_facts(
    reference: Reference, options: RepositoryOptions, referrers: str, *more: tuple[str, object]
) -> Facts:
    """Give the facts that registries and repositories share."""
    meter = meter_of(options)
    return facts_of(
        ("address", f"{options.scheme(reference.registry)}://{reference.host}"),
        *more,
        (
            "authentication",
            AUTHENTICATION[meter.authentication] + (f", user {meter.user}" if meter.user else ""),
        ),
        ("referrers", referrers or NOT_KNOWN),
        ("requests to this registry so far", meter.requests),
        ("cache", cache_fact(cache_of(options))),
    )


def connection_notes(options: RepositoryOptions) -> tuple[str, ...]:
    """Give the warnings that the registry sent so far."""
    return tuple(f"the registry warns: {text}" for text in meter_of(options).warnings)
