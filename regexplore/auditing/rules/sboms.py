"""SBM: whether an SBOM is there, is about this image, and says enough."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from packageurl import PackageURL

from regexplore.auditing.checked_evidence import SIGNED_STATEMENTS, CheckedEvidence
from regexplore.auditing.policy import Policy
from regexplore.auditing.rule import Outcome, failed, not_applicable, passed, rule, unknown
from regexplore.auditing.subjects import AuditedManifest
from regexplore.evidence.piece import COSIGN_TAG, SBOM, SIGNATURE
from regexplore.evidence.sboms.sbom import Component, Sbom

EPOCHS = 1990
_LICENCE = re.compile(r"[A-Za-z0-9.+-]+")


@rule(
    "SBM01",
    title="no SBOM",
    severity="medium",
    needs="evidence",
    inspects="SBOMs on the image and its index, in every channel",
    source="NIST SSDF PS.3.2; CISA minimum elements",
    remedy="attach one: syft, docker buildx --sbom=true, cosign attest",
)
def no_sbom(image: AuditedManifest, policy: Policy) -> Outcome:
    """Neither SPDX, nor CycloneDX, nor syft anywhere."""
    found = _sboms(image)
    if found:
        return passed(f"{len(found)} found", found[0].digest)
    if image.evidence_problems:
        return unknown(image.evidence_problems[0])
    return failed("no SBOM on the image or its index")


@rule(
    "SBM02",
    title="SBOM that nobody signed",
    severity="low",
    needs="evidence",
    inspects="how each SBOM is attached",
    source="cosign SBOM_SPEC.md (deprecated); cosign#2755",
    remedy="attach it as a signed attestation",
)
def unsigned_sbom(image: AuditedManifest, policy: Policy) -> Outcome:
    """Only under cosign's old tag, or as a bare layer."""
    found = _sboms(image)
    if not found:
        return not_applicable("no SBOM")
    for one in found:
        if one.piece.format in SIGNED_STATEMENTS:
            return passed("in a signed envelope", one.digest)
        if any(other.piece.kind == SIGNATURE for other in image.evidence_on(one.piece.manifest.digest)):
            return passed("the SBOM itself is signed", one.digest)
    old = any(COSIGN_TAG in one.piece.channels for one in found)
    told = (
        "under a tag that cosign gave up"
        if old
        else "a bare document: anybody who can push could have written it"
    )
    return failed(told, found[0].digest)


@rule(
    "SBM03",
    title="SBOM that is broken or empty",
    severity="medium",
    needs="evidence",
    inspects="whether each SBOM can be read and lists packages",
    source="SPDX; CycloneDX",
    remedy="make it again, and look into it before attaching it",
)
def broken(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """It cannot be read, or lists nothing though there are packages."""
    for one in _sboms(image):
        if one.sbom is None:
            yield failed(one.problem or "no format that is read", one.digest)
        elif one.sbom.problems:
            yield failed(one.sbom.problems[0], one.digest)
        elif one.sbom.components:
            yield passed(f"{one.sbom.format}, {len(one.sbom.components)} packages", one.digest)
        elif image.files is None:
            yield unknown(
                "it lists no package; whether there are any is not known without the files", one.digest
            )
        elif image.files.packages:
            yield failed(f"it lists no package, the image has {len(image.files.packages)}", one.digest)
        else:
            yield passed("no packages there, and none listed", one.digest)


@rule(
    "SBM04",
    title="SBOM lacks minimum elements",
    severity="low",
    needs="evidence",
    inspects="name, version, supplier, identifier of packages; author, time, relationships of the SBOM",
    source="NTIA and CISA, minimum elements for an SBOM",
    remedy="use a generator that fills them in",
)
def thin(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """Too few packages say what they are, or the SBOM does not say who made it when."""
    for one, sbom in _read(image):
        lacks = [*_lacks(sbom, policy.sbom_share)]
        yield failed(f"it lacks {', '.join(lacks)}", one.digest) if lacks else passed(sbom.format, one.digest)


@rule(
    "SBM05",
    title="SBOM of something else, or older than the image",
    severity="high",
    needs="evidence",
    inspects="digests that the SBOM is about, and its time",
    source="in-toto statement v1; SPDX; CycloneDX metadata.component",
    remedy="make an SBOM of this image",
)
def another_image(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """It names another digest, or was made more than a day before the image."""
    for one, sbom in _read(image):
        about = [name for name in (*one.names, *sbom.subjects) if name.startswith(("sha256:", "sha512:"))]
        built = image.config.created if image.config is not None else None
        if about and not image.digests & set(about):
            yield failed(f"it is about {about[0]}", one.digest)
        elif built and sbom.created and built.year > EPOCHS and sbom.created < built - timedelta(days=1):
            yield failed(f"made on {sbom.created:%Y-%m-%d}, the image on {built:%Y-%m-%d}", one.digest)
        elif about:
            yield passed("it names this image", one.digest)
        else:
            yield unknown("it does not say which digest it is about", one.digest)


@rule(
    "SBM06",
    title="SBOM misses installed packages",
    severity="medium",
    needs="files",
    inspects="the packages of the image's databases against those of its SBOMs",
    source="syft; dpkg, apk and rpm databases",
    remedy="make an SBOM of the finished image",
)
def misses_packages(image: AuditedManifest, policy: Policy) -> Outcome:
    """A package is installed and in no SBOM."""
    sboms = [sbom for _, sbom in _read(image)]
    if image.files is None:
        return unknown(image.files_problem or "the layers were not read")
    if not sboms or not image.files.databases:
        return not_applicable("no SBOM, or no package database")
    listed = {key for sbom in sboms for component in sbom.components for key in _keys(component)}
    left = [one for one in image.files.packages if (one.name.lower(), one.version) not in listed]
    if not left:
        return passed(f"all {len(image.files.packages)} packages are listed")
    some = ", ".join(f"{one.name} {one.version}" for one in left[:5])
    return failed(f"{len(left)} of {len(image.files.packages)} packages are in no SBOM: {some}")


@rule(
    "SBM07",
    title="denied or unknown licences",
    severity="info",
    needs="evidence",
    inspects="licences that the SBOMs tell",
    source="SPDX licence expressions",
    remedy="replace the package, or allow its licence in the policy",
)
def licences(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """A denied licence, or most packages without one."""
    denied = set(policy.denied_licences)
    for one, sbom in _read(image):
        bad = [part for part in sbom.components if denied and denied & set(_LICENCE.findall(part.licence))]
        silent = [part for part in sbom.components if not part.licence]
        if bad:
            yield failed(f"{bad[0].name} {bad[0].version} is under {bad[0].licence}", one.digest)
        elif sbom.components and len(silent) > len(sbom.components) / 2:
            yield failed(f"{len(silent)} of {len(sbom.components)} packages tell no licence", one.digest)
        else:
            yield passed(evidence=one.digest)


RULES = (no_sbom, unsigned_sbom, broken, thin, another_image, misses_packages, licences)


def _sboms(image: AuditedManifest) -> list[CheckedEvidence]:
    return [one for one in image.all_evidence if one.piece.kind == SBOM]


def _read(image: AuditedManifest) -> Iterator[tuple[CheckedEvidence, Sbom]]:
    for one in _sboms(image):
        if one.sbom is not None:
            yield one, one.sbom


def _lacks(sbom: Sbom, share: float) -> Iterator[str]:
    count = len(sbom.components)
    having = {
        "names": len([part for part in sbom.components if part.name]),
        "versions": len([part for part in sbom.components if part.version]),
        "suppliers": len([part for part in sbom.components if part.supplier]),
        "purls or CPEs": len([part for part in sbom.components if part.purl or part.cpe]),
    }
    for what, number in having.items():
        if count and number < share * count:
            yield f"{what} of {count - number} of {count} packages"
    if not sbom.creators:
        yield "who made it"
    if sbom.created is None:
        yield "when it was made"
    if count > 1 and not sbom.relationships:
        yield "relationships between packages"


def _keys(component: Component) -> Iterator[tuple[str, str]]:
    """Give the names a package may go by in a database: that of the SBOM, and that of its purl."""
    yield component.name.lower(), component.version
    try:
        purl = PackageURL.from_string(component.purl)
    except ValueError:
        return
    yield (purl.name or "").lower(), purl.version or component.version
