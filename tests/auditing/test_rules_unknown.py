"""Where a rule has nothing to look at it says unknown, and why: never a pass, never a failure."""

from __future__ import annotations

import pytest
from support.audited import NAME, answers, audited, manifest

from regexplore.auditing.catalogue import RULES
from regexplore.auditing.rule import UNKNOWN
from regexplore.auditing.subjects import AuditedRegistry, AuditedRepository

DOWN = "ServerError: GET /v2/app/manifests/v1: 503"
# An image is known to be one by its manifest, and these look at nothing else.
BY_MANIFEST = {"LAY03", "LAY05"}
# Whether it is plain HTTP is known before anything is asked.
BY_ADDRESS = {"REG01"}


def of_scope(scope: str) -> list[str]:
    return [rule.id for rule in RULES.values() if rule.scope == scope]


def test_the_scopes_are_all_of_the_catalogue() -> None:
    counted = [len(of_scope(scope)) for scope in ("registry", "repository", "manifest", "image")]
    assert sum(counted) == 83
    assert all(counted)


@pytest.mark.parametrize("rule", sorted(set(of_scope("image")) - BY_MANIFEST))
def test_of_an_image_of_which_only_the_manifest_could_be_read(rule: str) -> None:
    image = audited(manifest(), config_problem=DOWN, files_problem=DOWN)
    [(status, _, message)] = answers(rule, image)
    assert status == UNKNOWN
    assert message


@pytest.mark.parametrize("rule", of_scope("manifest"))
def test_of_a_reference_that_could_not_be_read(rule: str) -> None:
    repository = AuditedRepository(NAME, errors={"v1": DOWN})
    assert answers(rule, repository) == [(UNKNOWN, RULES[rule].severity, f"not read: {DOWN}")]


@pytest.mark.parametrize(
    "rule", [rule.id for rule in RULES.values() if rule.scope == "manifest" and rule.needs == "evidence"]
)
def test_of_a_manifest_whose_evidence_was_not_looked_for(rule: str) -> None:
    assert [status for status, _, _ in answers(rule, audited(manifest()))] == [UNKNOWN]


@pytest.mark.parametrize("rule", sorted(set(of_scope("registry")) - BY_ADDRESS))
def test_of_a_registry_that_was_asked_nothing(rule: str) -> None:
    assert [status for status, _, _ in answers(rule, AuditedRegistry("r.example", "https"))] == [UNKNOWN]


def test_tag01_when_latest_or_its_other_tags_were_not_read() -> None:
    unread = AuditedRepository(NAME, errors={"latest": DOWN})
    assert [status for status, _, _ in answers("TAG01", unread)] == [UNKNOWN]
    alone = AuditedRepository(NAME, {"latest": "sha256:aa"}, not_looked_at=3)
    assert answers("TAG01", alone) == [(UNKNOWN, "medium", "3 other tags were not looked at")]


def test_tag02_without_snapshots() -> None:
    assert [status for status, _, _ in answers("TAG02", AuditedRepository(NAME))] == [UNKNOWN]


def test_tag04_and_tag06_when_the_registry_did_not_tell() -> None:
    from regexplore.auditing.subjects import SpeakingTag

    about = "sha256:" + "a" * 64
    tag = SpeakingTag("sha256-" + "a" * 64, about, "", problem=DOWN)
    for rule in ("TAG04", "TAG06"):
        assert [status for status, _, _ in answers(rule, AuditedRepository(NAME, speaking=(tag,)))] == [
            UNKNOWN
        ]


def test_tag05_when_the_subject_could_not_be_asked_for() -> None:
    subject = {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": "sha256:" + "a" * 64,
        "size": 2,
    }
    assert [status for status, _, _ in answers("TAG05", audited(manifest(subject=subject)))] == [UNKNOWN]


def test_sig06_when_a_version_could_not_be_read() -> None:
    assert [status for status, _, _ in answers("SIG06", AuditedRepository(NAME, errors={"v1": DOWN}))] == [
        UNKNOWN
    ]


@pytest.mark.parametrize("rule", ["SIG01", "PRV01", "SBM01", "BAS01"])
def test_nothing_found_is_no_failure_while_a_channel_failed(rule: str) -> None:
    image = audited(manifest(), evidence_read=True, evidence_problems=(DOWN,))
    assert answers(rule, image) == [(UNKNOWN, RULES[rule].severity, DOWN)]


def test_str01_and_tag03_when_the_config_could_not_be_read() -> None:
    image = audited(manifest(), config_problem=DOWN)
    assert [status for status, _, _ in answers("STR01", image)] == [UNKNOWN]
    image.tags = ("v1.0.0",)
    assert [status for status, _, _ in answers("TAG03", image)] == [UNKNOWN]


def test_man02_is_unknown_for_what_was_only_refused_and_fails_for_what_is_not_there() -> None:
    refused = audited(manifest(), missing={"sha256:aa": "RateLimitedError: 429"})
    gone = audited(manifest(), missing={"sha256:aa": "MissingError: 404"})
    other = audited(manifest(), missing={"sha256:aa": "MismatchedDigestError: another"})
    assert [status for status, _, _ in answers("MAN02", refused)] == ["unknown"]
    assert [status for status, _, _ in answers("MAN02", gone)] == ["fail"]
    assert [status for status, _, _ in answers("MAN02", other)] == ["fail"]
