"""Every rule, on content that breaks it and on content that does not."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.demo_audit import demo_policy

import regexplore as rx
from regexplore.auditing.catalogue import RULES
from regexplore.auditing.report_frames import COVERAGE, DANGLING, EVIDENCE, IMAGES
from regexplore.frames.findings import FINDINGS
from regexplore.sandbox.demo.troubles import RULES_BROKEN

# What no content can break: how the registry is served, and what happens between two looks.
ELSEWHERE = {"REG01", "REG03", "TAG02"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[rx.Sandbox]:
    with rx.Sandbox.demo() as running:
        yield running


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> rx.Policy:
    return demo_policy(tmp_path_factory.mktemp("trust"))


@pytest.fixture(scope="module")
def report(sandbox: rx.Sandbox, policy: rx.Policy) -> rx.AuditReport:
    return rx.audit(sandbox.registry, policy=policy, depth="files", progress=None)


def of_repository(report: rx.AuditReport, repository: str) -> set[str]:
    """Give the rules that fail in a repository."""
    found = report.failures
    here = found["reference"].str.contains(f"/{repository}(?:[:@]|$)", regex=True)
    return set(found.loc[here, "rule"])


def test_there_are_83_rules_each_with_words() -> None:
    assert len(RULES) == 83
    for rule in RULES.values():
        assert rule.title, rule.id
        assert rule.inspects, rule.id
        assert rule.source, rule.id
        assert rule.remedy, rule.id
        assert rule.check.__doc__, rule.id


@pytest.mark.parametrize(
    ("repository", "rule"),
    [(repository, rule) for repository, rules in RULES_BROKEN.items() for rule in rules],
)
def test_a_trouble_fails_its_rules(report: rx.AuditReport, repository: str, rule: str) -> None:
    assert rule in of_repository(report, repository)


@pytest.mark.parametrize("rule", sorted(set(RULES) - ELSEWHERE))
def test_every_rule_fails_somewhere_in_the_demo(report: rx.AuditReport, rule: str) -> None:
    assert "fail" in set(report[rule]["status"])


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"REG02", "TAG02"}))
def test_every_rule_passes_somewhere_in_the_demo(report: rx.AuditReport, rule: str) -> None:
    assert "pass" in set(report[rule]["status"])


def test_no_rule_breaks(report: rx.AuditReport) -> None:
    broken = report.findings[report.findings["message"].fillna("").str.contains("the rule itself failed")]
    assert broken.empty, broken.to_string()


def test_the_exemplary_image_fails_next_to_nothing(report: rx.AuditReport) -> None:
    """What is left is said of every image of the demo: it claims no base, has no provenance; SBOM and scan stand alone."""
    assert of_repository(report, "troubles/exemplary") <= {"BAS01", "CFG11", "PRV01", "SBM02", "SIG04"}


def test_the_good_release_is_verified(report: rx.AuditReport) -> None:
    signed = report.evidence[report.evidence["reference"].str.endswith("demo/app:latest")]
    by_format = (
        signed[signed["depth"] == 1].groupby("format")["status"].apply(lambda found: set(found)).to_dict()
    )
    assert by_format["cosign signature"] == {"verified"}
    assert by_format["notation JWS"] == {"verified"}
    assert by_format["sigstore bundle"] == {"verified"}
    assert by_format["in-toto statement"] == {"not checked"}
    assert {"SIG01", "SIG02", "SIG03", "SIG05", "PRV01", "PRV03", "SBM01"} & {
        rule
        for rule, reference in zip(report.failures["rule"], report.failures["reference"], strict=True)
        if reference.endswith("demo/app:latest")
    } == set()


def test_every_channel_is_in_the_evidence(report: rx.AuditReport) -> None:
    found = {channel for channels in report.evidence["channels"] for channel in channels.split(", ")}
    assert {"referrers API", "referrers tag", "cosign tag", "index"} <= found


def test_what_several_channels_show_is_one_row(report: rx.AuditReport) -> None:
    keys = report.evidence[["reference", "subject", "manifest", "digest"]].value_counts()
    assert keys.max() == 1


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("findings", FINDINGS),
        ("images", IMAGES),
        ("evidence", EVIDENCE),
        ("coverage", COVERAGE),
        ("dangling", DANGLING),
    ],
)
def test_frames_have_their_schema(report: rx.AuditReport, name: str, schema: object) -> None:
    frame = getattr(report, name)
    assert list(frame.columns) == schema.names  # type: ignore[attr-defined]
    assert dict(frame.dtypes.astype(str)) == schema.dtypes  # type: ignore[attr-defined]


def test_t39_without_trust_nothing_is_verified(sandbox: rx.Sandbox) -> None:
    report = rx.audit(sandbox.registry["demo/app"], progress=None)
    assert set(report.evidence["status"]) == {"not checked"}
    assert set(report["SIG03"]["status"]) <= {"unknown", "n.a."}
    assert "none verified" in str(report)
    # Whom a certificate names stands in a column of claims, never in that of signers.
    assert "claimed signer" in str(report)
    assert "verified signer" not in str(report)
    assert report.evidence["signer"].isna().all()


def test_the_report_says_what_it_could_not_look_at(report: rx.AuditReport) -> None:
    assert not report.complete
    assert any("encrypted" in reason for reason in report.reasons)
    assert "not everything could be looked at" in str(report)
    elsewhere = report.coverage[report.coverage["channel"] == "elsewhere"]
    assert set(elsewhere["outcome"]) == {"not looked at"}


def test_the_same_content_gives_the_same_report(sandbox: rx.Sandbox, policy: rx.Policy) -> None:
    first, second = (rx.audit(sandbox.registry["demo/app"], policy=policy, progress=None) for _ in range(2))
    for name, frame in first.result.frames.items():
        assert frame.equals(second.result.frames[name]), name


def test_coverage_is_index_by_platform_by_kind_by_channel(report: rx.AuditReport) -> None:
    [reference] = {
        one for one in report.coverage["reference"] if one.partition("/")[2].startswith("demo/app:latest")
    }
    app = report.coverage[report.coverage["reference"] == reference]
    keys = ["platform", "kind", "channel"]
    assert not app.duplicated(keys).any()
    assert (
        len(app) == app["platform"].nunique(dropna=False) * app["kind"].nunique() * app["channel"].nunique()
    )
    assert set(app["platform"].fillna("")) == {"", "linux/amd64", "linux/arm64/v8"}
    found = app[app["outcome"] == "found"].fillna({"platform": ""}).set_index(keys)["count"]
    assert found["", "signature", "referrers API"] == 2
    assert found["", "signature", "cosign tag"] == 1
    assert found["linux/amd64", "sbom", "index"] == 1
    assert ("linux/amd64", "signature", "referrers API") not in found.index


def test_sharing_says_who_holds_what_and_what_it_saves(report: rx.AuditReport, sandbox: rx.Sandbox) -> None:
    base = sandbox.registry["demo/app"].get("v1.2")["linux/amd64"].layers().iloc[0]
    [row] = report.sharing[report.sharing["digest"] == base["digest"]].to_dict("records")
    assert row["size"] == base["size"]
    holders = row["tags"].removesuffix(" …").split(", ")
    assert f"{sandbox.host}/demo/app:v1.0" in holders
    # Not all of them are named, but all are counted.
    assert row["count"] > len(holders)
    assert row["saved"] == (row["count"] - 1) * row["size"]


def test_dangling_names_what_is_spoken_of_and_not_there(report: rx.AuditReport) -> None:
    found = {(row["repository"].partition("/")[2], row["kind"]) for row in report.dangling.to_dict("records")}
    assert {
        ("troubles/dangling-referrer", "referrer"),
        ("troubles/orphan-referrers-tag", "tag"),
        ("troubles/stale-referrers-tag", "entry of a referrers tag"),
    } <= found
    assert not {repository for repository, _ in found if repository.startswith("demo/")}


def test_a_user_rule_in_one_cell(sandbox: rx.Sandbox) -> None:
    @rx.rule("ACME01", title="no owner label", severity="low")
    def owner(image, policy):  # type: ignore[no-untyped-def]
        return "com.acme.owner" in image.labels

    @rx.rule("ACME02", title="breaks", severity="low")
    def broken(image, policy):  # type: ignore[no-untyped-def]
        raise RuntimeError("a mistake")

    report = rx.audit(sandbox.registry["demo/web"], rules=[owner, broken], progress=None)
    assert list(report["ACME01"]["status"]) == ["fail"]
    assert list(report["ACME02"]["message"]) == ["the rule itself failed: RuntimeError: a mistake"]
    assert list(report["ACME02"]["status"]) == ["unknown"]


@pytest.mark.parametrize(("depth", "rules"), [("manifest", 15), ("config", 40), ("files", 83)])
def test_depth_decides_which_rules_are_asked(sandbox: rx.Sandbox, depth: str, rules: int) -> None:
    report = rx.audit(sandbox.registry["demo/web"], depth=depth, progress=None)
    assert len(report.result.rules) >= rules
    assert set(report.findings["rule"]) <= set(report.result.rules)


def test_a_depth_or_rule_that_is_none_is_refused(sandbox: rx.Sandbox) -> None:
    with pytest.raises(rx.errors.PolicyError, match="depth"):
        rx.audit(sandbox.registry["demo/web"], depth="bottom")
    with pytest.raises(rx.errors.PolicyError, match="NOPE"):
        rx.audit(sandbox.registry["demo/web"], rules=["NOPE"])


def test_targets(sandbox: rx.Sandbox) -> None:
    app = sandbox.registry["demo/app"]
    one = rx.audit(app["v1.0"], rules=["CFG01"], progress=None)
    listed = rx.audit([app["v1.0"], app["v1.1"]], rules=["CFG01"], progress=None)
    by_name = rx.audit(f"{app.reference}:v1.0", rules=["CFG01"], progress=None)
    assert {reference.rpartition(":")[2] for reference in one.images["reference"]} == {"v1.0"}
    assert {reference.rpartition(":")[2] for reference in listed.images["reference"]} == {"v1.0", "v1.1"}
    assert one.findings.equals(by_name.findings)


def test_a_layout_of_the_same_content_gives_the_same_findings(
    sandbox: rx.Sandbox, policy: rx.Policy, tmp_path: Path
) -> None:
    app = sandbox.registry["demo/app"]
    layout = rx.Layout(tmp_path / "layout", create=True)
    for tag in app.tags()["tag"]:
        rx.copy(app, tag, layout, tag, referrers=True)
    wanted = ["MAN", "CFG", "FS", "LAY", "PRV02", "PRV03", "PRV04", "SIG02", "SIG03"]
    one = rx.audit(app, policy=policy, depth="files", rules=wanted, progress=None).findings
    other = rx.audit(layout, policy=policy, depth="files", rules=wanted, progress=None).findings
    columns = ["rule", "severity", "status", "digest", "platform", "message", "evidence"]

    def plain(frame):  # type: ignore[no-untyped-def]
        return sorted(map(tuple, frame[columns].fillna("").to_numpy().tolist()))

    assert plain(one) == plain(other)


def test_moved_tags_are_found_by_snapshots(tmp_path: Path) -> None:
    with rx.Sandbox.demo() as sandbox:
        app = sandbox.registry["demo/app"]
        rx.snapshot(app, tmp_path)
        before = rx.audit(app, rules=["TAG02"], history=tmp_path, progress=None)
        app.tag(app.resolve("v1.1"), "v1.0")
        after = rx.audit(app, rules=["TAG02"], history=tmp_path, progress=None)
    assert list(before.findings["status"]) == ["pass"]
    assert list(after.findings["status"]) == ["fail"]
    assert "v1.0 moved" in after.findings["message"][0]


@pytest.mark.parametrize("depth", ["manifest", "config", "files"])
def test_the_cost_is_said_first_and_what_it_read_is_not_read_again(sandbox: rx.Sandbox, depth: str) -> None:
    repository = rx.Repository(str(sandbox.registry["demo/nightly"].reference))
    cost = rx.audit_cost(repository, depth=depth)
    assert (cost.references, cost.manifests, cost.unknown) == (13, 12, 0)
    spent = rx.audit(repository, depth=depth, progress=None).result.requests
    fresh = rx.audit(rx.Repository(str(repository.reference)), depth=depth, progress=None).result.requests
    assert spent is not None
    assert fresh is not None
    # Tags are listed again, and asked for by HEAD.
    assert cost.requests + 1 + cost.references <= spent + 1 <= fresh + cost.references
    assert "at least" in str(cost)


def test_the_cost_of_an_index_says_what_it_does_not_know(sandbox: rx.Sandbox) -> None:
    cost = rx.audit_cost(rx.Repository(str(sandbox.registry["demo/app"].reference)), depth="files")
    assert cost.unknown == 6
    assert "their layers come on top" in str(cost)


def test_resuming_reads_only_what_is_left(sandbox: rx.Sandbox) -> None:
    from threading import Event

    stop = Event()
    repository = rx.Repository(str(sandbox.registry["demo/nightly"].reference))
    part = rx.audit(
        repository, workers=1, cancel=stop, progress=lambda step: stop.set() if step.done >= 3 else None
    )
    assert not part.complete
    assert any("stopped" in reason for reason in part.reasons)
    whole = rx.audit(repository, resume=part, progress=None)
    fresh = rx.audit(rx.Repository(str(repository.reference)), progress=None)
    assert whole.complete
    assert whole.findings.drop(columns="evidence").equals(fresh.findings.drop(columns="evidence"))
    assert whole.result.requests is not None
    assert fresh.result.requests is not None
    assert whole.result.requests < fresh.result.requests


def test_an_interrupt_keeps_what_arrived_and_another_run_goes_on_from_there(sandbox: rx.Sandbox) -> None:
    name = str(sandbox.registry["demo/nightly"].reference)

    def interrupt(step: Any) -> None:
        if step.done >= 3 and not pressed:
            pressed.append(True)
            signal.raise_signal(signal.SIGINT)

    pressed: list[bool] = []
    part = rx.audit(rx.Repository(name), workers=1, progress=interrupt)
    read = set(part.images["digest"])
    assert not part.complete
    assert "stopped before everything was read" in part.reasons
    assert len(read) >= 1
    # Another object, as another kernel would have: it remembers nothing itself.
    with rx.trace() as wire:
        whole = rx.audit(rx.Repository(name), resume=part, progress=None)
    fresh = rx.audit(rx.Repository(name), progress=None)
    assert whole.complete
    assert read < set(whole.images["digest"])
    for frame in ("findings", "images", "evidence", "coverage", "sharing", "dangling"):
        told, wanted = (
            one.result.frames[frame].sort_values(list(one.result.frames[frame].columns), ignore_index=True)
            for one in (whole, fresh)
        )
        assert told.equals(wanted), frame
    # Whether the registry filters is asked of one image, whatever was read before.
    listed = [
        url.rpartition("/")[2] for url in wire.frame()["url"] if "/referrers/" in url and "?" not in url
    ]
    assert listed
    assert not set(listed) & read
