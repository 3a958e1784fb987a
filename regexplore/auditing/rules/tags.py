"""TAG: names that move, names that lie, names of what is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regexplore.auditing.policy import Policy
from regexplore.auditing.rule import Outcome, failed, not_applicable, passed, rule, unknown
from regexplore.auditing.subjects import AuditedManifest, AuditedRepository
from regexplore.auditing.tag_changes import MOVED, MOVED_BACK, tag_changes
from regexplore.auditing.tag_snapshots import SeenTag, TagSnapshot
from regexplore.evidence.looks import FOUND, NONE
from regexplore.evidence.piece import REFERRERS_API, REFERRERS_TAG

VERSION = "org.opencontainers.image.version"
_SEMVER = re.compile(r"v?(\d+\.\d+\.\d+)(?:[-+].*)?", re.ASCII)


@rule(
    "TAG01",
    title="only a moving tag",
    severity="medium",
    scope="repository",
    needs="tags",
    inspects="whether what latest names has another tag",
    source="CIS-DI-0006; DKL-DI-0006",
    remedy="push a version tag too, and deploy by digest",
)
def only_latest(repository: AuditedRepository, policy: Policy) -> Outcome:
    """What ``latest`` names has no other tag."""
    digest = repository.tags.get("latest")
    if digest is None:
        problem = repository.errors.get("latest", "")
        return unknown(problem) if problem else not_applicable("there is no tag latest")
    others = [tag for tag, named in repository.tags.items() if named == digest and tag != "latest"]
    if others:
        return passed(f"also {others[0]}")
    if repository.not_looked_at:
        return unknown(f"{repository.not_looked_at} other tags were not looked at", digest)
    return failed("latest is the only tag of what it names", digest)


@rule(
    "TAG02",
    title="a tag moved",
    severity="medium",
    scope="repository",
    needs="snapshots",
    inspects="what each tag named in earlier snapshots",
    source="NIST SSDF PS.2; SLSA",
    remedy="make version tags immutable in the registry; deploy by digest",
)
def moved(repository: AuditedRepository, policy: Policy) -> Iterator[Outcome]:
    """A tag names another digest than before; worse when it looks like a version."""
    if not repository.snapshots:
        yield unknown("there is no earlier snapshot of the tags")
        return
    now = TagSnapshot(
        repository.name, policy.moment, {tag: SeenTag(named) for tag, named in repository.tags.items()}, False
    )
    found = False
    for change in tag_changes([*repository.snapshots, now]):
        if change.change not in (MOVED, MOVED_BACK):
            continue
        found = True
        severity = "high" if _SEMVER.fullmatch(change.tag) else "medium"
        since = f"{change.after:%Y-%m-%d}" if change.after else "an earlier look"
        told = (
            f"{change.tag} {change.change} since {since}: {change.previous or 'nothing'} to {change.digest}"
        )
        yield failed(told, change.tag, severity=severity)
    if not found:
        yield passed(f"nothing moved in {len(repository.snapshots)} snapshots")


@rule(
    "TAG03",
    title="version tag and version label differ",
    severity="low",
    scope="manifest",
    needs="config",
    inspects="org.opencontainers.image.version against version tags",
    source="OCI annotations",
    remedy="label the image with the version it is tagged with",
)
def another_version(manifest: AuditedManifest, policy: Policy) -> Outcome:
    """The label names another version than the tag."""
    said = {**manifest.labels, **manifest.annotations}.get(VERSION, "")
    versions = [found[1] for tag in manifest.tags if (found := _SEMVER.fullmatch(tag))]
    labelled = _SEMVER.fullmatch(said)
    if versions and not said and manifest.config_problem:
        return unknown(manifest.config_problem)
    if not versions or not said:
        return not_applicable("no version tag, or no version label")
    if said in manifest.tags or (labelled and labelled[1] in versions):
        return passed(said)
    # Images are often labelled with two numbers where their tags have three.
    if any(version.startswith(said.removeprefix("v") + ".") for version in versions):
        return passed(said)
    return failed(f"the label says {said}, the tag {', '.join(manifest.tags[:3])}", VERSION)


@rule(
    "TAG04",
    title="tag about something that is gone",
    severity="low",
    scope="repository",
    needs="evidence",
    inspects="tags of the referrers tag schema and of cosign: whether what they speak of is there",
    source="distribution-spec v1.1; zot#906; harbor#18014",
    remedy="delete the tag; its content is of no use any more",
)
def dangling(repository: AuditedRepository, policy: Policy) -> Iterator[Outcome]:
    """The digest in the tag is not in the repository."""
    for one in repository.speaking:
        if one.there is None:
            yield unknown(one.reason or f"whether {one.about} is there could not be told", one.tag)
        elif one.there:
            yield passed(evidence=one.tag)
        else:
            yield failed(f"{one.about} is not there", one.tag)


@rule(
    "TAG05",
    title="referrer of something that is gone",
    severity="low",
    scope="manifest",
    needs="manifest",
    inspects="whether the subject of a tagged manifest is there",
    source="distribution-spec v1.1 (a subject may be pushed later)",
    remedy="push the subject, or delete the referrer",
)
def subject_missing(manifest: AuditedManifest, policy: Policy) -> Outcome:
    """The subject is not in the repository."""
    subject = manifest.document.subject
    if subject is None:
        return not_applicable("it has no subject")
    if manifest.subject_missing is None:
        return unknown(f"whether {subject.digest} is there could not be told")
    return failed(f"{subject.digest} is not there", subject.digest) if manifest.subject_missing else passed()


@rule(
    "TAG06",
    title="referrers tag that is not true",
    severity="low",
    scope="repository",
    needs="evidence",
    inspects="what the index under a referrers tag lists, and what the API lists",
    source="distribution-spec v1.1, referrers tag schema",
    remedy="let a client that speaks the API clean up; delete stale entries",
)
def stale(repository: AuditedRepository, policy: Policy) -> Iterator[Outcome]:
    """It lists what is gone, or not what the API lists."""
    listed_by_api: dict[str, set[str]] = {}
    for manifest in repository.manifests:
        for look in manifest.looks:
            if look.channel == REFERRERS_API and look.outcome in (FOUND, NONE):
                listed_by_api.setdefault(look.subject, set())
        for found in manifest.evidence:
            if REFERRERS_API in found.piece.channels:
                listed_by_api.setdefault(found.piece.subject, set()).add(found.piece.manifest.digest)
    for one in repository.speaking:
        if one.suffix:
            continue
        only_tag = set(one.listed) - listed_by_api.get(one.about, set(one.listed))
        if one.gone:
            yield failed(f"it lists {one.gone[0]}, which is not there", one.tag)
        elif one.problem:
            yield unknown(one.problem, one.tag)
        elif only_tag:
            yield failed(f"the {REFERRERS_TAG} lists {min(only_tag)}, the API does not", one.tag)
        else:
            yield passed(evidence=one.tag)


RULES = (only_latest, moved, another_version, dangling, subject_missing, stale)
