"""The catalogue: every rule, by id, in the order of the families."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from regexplore.auditing.rule import Rule
from regexplore.auditing.rules import (
    artifacts,
    bases,
    configs,
    files,
    layers,
    manifests,
    provenance,
    registries,
    sboms,
    signatures,
    strings,
    tags,
    vex,
)
from regexplore.errors import PolicyError

FAMILIES = (
    signatures,
    provenance,
    sboms,
    vex,
    tags,
    manifests,
    bases,
    configs,
    files,
    layers,
    artifacts,
    strings,
    registries,
)

RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for family in FAMILIES for rule in family.RULES})


def choose(rules: Iterable[str | Rule] | None = None, more: Iterable[Rule] = ()) -> dict[str, Rule]:
    """Give the rules to ask: all of the catalogue by default.

    Parameters
    ----------
    rules
        Ids, beginnings of ids such as ``SIG``, or rules of one's own.
    more
        Rules beside these.

    Raises
    ------
    PolicyError
        No rule goes by that name, or two rules have one id.
    """
    chosen: dict[str, Rule] = dict(RULES) if rules is None else {}
    for one in (*(rules or ()), *more):
        found = (
            [one] if isinstance(one, Rule) else [rule for rule in RULES.values() if rule.id.startswith(one)]
        )
        if not found or one == "":
            raise PolicyError(f"there is no rule {one!r}", hint=f"Families: {', '.join(_prefixes())}.")
        for rule in found:
            if chosen.get(rule.id, rule) is not rule:
                raise PolicyError(f"two rules have the id {rule.id}")
            chosen[rule.id] = rule
    return chosen


def _prefixes() -> list[str]:
    return list(dict.fromkeys(name.rstrip("0123456789") for name in RULES))
