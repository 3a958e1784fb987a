"""BAS: what an image is built on, and how old all of it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regexplore.auditing.policy import Policy, any_glob
from regexplore.auditing.rule import Outcome, failed, not_applicable, passed, rule, unknown
from regexplore.auditing.subjects import AuditedManifest
from regexplore.errors import InvalidReferenceError
from regexplore.oci import normalize

EPOCHS = 1981
_DISTRO = re.compile(r"[?&]distro=([a-z]{2,20}-[0-9][0-9.]{0,20})", re.ASCII)


@rule(
    "BAS01",
    title="base image not known",
    severity="low",
    needs="evidence",
    inspects="base annotations, base labels, materials of provenance, and layers of other images of the audit",
    source="CIS-DI-0002; CIS Docker 4.2; OCI annotations",
    remedy="annotate the image with org.opencontainers.image.base.name and .digest, or build with provenance",
)
def base_unknown(image: AuditedManifest, policy: Policy) -> Outcome:
    """Nothing says what it is built on, and it begins with the layers of no other image."""
    if image.bases:
        return passed(f"{image.bases[0].name or image.bases[0].digest}, by {image.bases[0].where}")
    if image.evidence_problems:
        return unknown(image.evidence_problems[0])
    return failed("no annotation, label or provenance names a base image, and no image of this audit is one")


@rule(
    "BAS02",
    title="base image is outdated",
    severity="medium",
    needs="evidence",
    inspects="what the base's name has now in the audited registry, against the digest that was built on",
    source="regctl image check-base; CIS-DI-0004",
    remedy="build on the current base",
)
def outdated(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """The base's tag names another digest by now."""
    for base in image.bases:
        if not base.name or not base.digest:
            yield unknown("the claim has a name or a digest, not both", base.name or base.digest)
        elif not base.current:
            yield unknown(base.reason or "it was not looked up", base.name)
        elif base.current == base.digest:
            yield passed("current", base.name)
        else:
            yield failed(f"{base.name} is {base.current} by now, it was built on {base.digest}", base.digest)


@rule(
    "BAS03",
    title="claim to a base is false",
    severity="high",
    needs="evidence",
    inspects="diff_ids of the base against the first diff_ids of the image",
    source="image-spec#822",
    remedy="correct the annotation, or build on what it says",
)
def false_base(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """The image does not begin with the layers of its base."""
    for base in image.bases:
        if not base.diff_ids or image.config is None:
            yield unknown(base.reason or "the layers of the base are not known", base.name or base.digest)
        elif image.config.diff_ids[: len(base.diff_ids)] == base.diff_ids:
            yield passed(f"{len(base.diff_ids)} layers", base.digest)
        else:
            yield failed("the image does not begin with the layers of that base", base.digest)


@rule(
    "BAS04",
    title="base from a registry that is not trusted",
    severity="medium",
    needs="evidence",
    inspects="the host in the base's name against the registries of the policy",
    source="CIS Docker 4.2",
    remedy="mirror the base into a registry of your own",
)
def untrusted_base(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """The base comes from a host that nobody allowed."""
    for base in image.bases:
        if not base.name:
            continue
        host = _host(base.name)
        if base.same_registry:
            yield passed("the audited registry", base.name)
        elif not policy.base_registries:
            yield unknown(f"from {host}; the policy names no registries", base.name)
        elif any_glob(host, policy.base_registries):
            yield passed(host, base.name)
        else:
            yield failed(f"from {host}", base.name)


@rule(
    "BAS05",
    title="old image",
    severity="low",
    needs="config",
    inspects="when the config was created",
    source="CIS-DI-0004",
    remedy="build it again, with current packages",
)
def old(image: AuditedManifest, policy: Policy) -> Outcome:
    """Older than the policy allows."""
    if image.config is None:
        return unknown(image.config_problem or "the config was not read")
    created = image.config.created
    if created is None or created.year < EPOCHS:
        return unknown("its creation time is left out, as reproducible builds do")
    days = (policy.moment - created).days
    if days > policy.max_age_days:
        return failed(f"created on {created:%Y-%m-%d}, {days:,} days ago", image.config.descriptor.digest)
    return passed(f"created on {created:%Y-%m-%d}")


@rule(
    "BAS06",
    title="operating system gets no more fixes",
    severity="medium",
    needs="evidence",
    inspects="os-release, or where files were not read the distribution that SBOMs name, against the policy's table",
    source="end-of-life dates of the distributions",
    remedy="move to a supported release",
)
def end_of_life(image: AuditedManifest, policy: Policy) -> Outcome:
    """Support has ended."""
    if image.files is not None:
        system = image.files.os
        if not system.id:
            return not_applicable("no os-release")
        return _support(system.distro, system.pretty_name or system.distro, "/etc/os-release", policy)
    distro, where = next(_distros(image), ("", ""))
    if not distro:
        return unknown(image.files_problem or "the layers were not read, and no SBOM names the distribution")
    return _support(distro, f"{distro}, as an SBOM says", where, policy)


RULES = (base_unknown, outdated, false_base, untrusted_base, old, end_of_life)


def _support(distro: str, told: str, where: str, policy: Policy) -> Outcome:
    name, _, version = distro.partition("-")
    keys = (distro, f"{name}-{'.'.join(version.split('.')[:2])}", f"{name}-{version.split('.')[0]}")
    last = next((policy.end_of_life[key] for key in keys if key in policy.end_of_life), None)
    if last is None:
        return unknown(f"{distro} is not in the policy's table")
    if last < policy.moment.date():
        return failed(f"{told}: support ended on {last}", where)
    return passed(f"{told}, supported until {last}")


def _distros(image: AuditedManifest) -> Iterator[tuple[str, str]]:
    """Give the distributions that purls of SBOMs name, and the SBOM."""
    for one in image.all_evidence:
        for part in one.sbom.components if one.sbom is not None else ():
            found = _DISTRO.search(part.purl)
            if found is not None:
                yield found[1], one.digest


def _host(name: str) -> str:
    try:
        return normalize(name).reference.registry
    except InvalidReferenceError:
        return name.partition("/")[0]
