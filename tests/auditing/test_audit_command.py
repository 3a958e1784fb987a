"""``regexplore audit`` as a CI job runs it, and the catalogue page."""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import regexplore as rx
from regexplore.cli import app
from regexplore.sandbox.demo.keys import RELEASE

DOCS = Path(__file__).parents[2] / "docs" / "audit"


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with rx.Sandbox.demo() as running:
        yield str(running.registry.reference)


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["audit", *words])
    return done.exit_code, done.stdout, done.stderr


def test_the_exit_status_follows_the_severity(host: str) -> None:
    target = f"{host}/troubles/root-user"
    assert run(target, "--rule", "CFG01")[0] == 2
    assert run(target, "--rule", "CFG01", "--fail-on", "critical")[0] == 0
    assert run(target, "--rule", "CFG01", "--fail-on", "never")[0] == 0
    assert run(target, "--rule", "MAN05")[0] == 0


def test_sarif_to_a_file(host: str, tmp_path: Path) -> None:
    file = tmp_path / "audit.sarif"
    status, out, _ = run(
        f"{host}/troubles/root-user:v0.1", "--format", "sarif", "-o", str(file), "--rule", "CFG"
    )
    assert (status, out) == (2, "")
    assert json.loads(file.read_text())["runs"][0]["results"][0]["ruleId"] == "CFG01"


def test_a_key_makes_it_verified(host: str, tmp_path: Path) -> None:
    key = tmp_path / "release.pub"
    key.write_text(RELEASE.public_pem)
    _, out, _ = run(f"{host}/demo/app:v1.0", "--key", str(key))
    assert "1 of 1 verified" in out
    assert "none verified" in run(f"{host}/demo/app:v1.0")[1]


def test_waivers_and_an_earlier_run(host: str, tmp_path: Path) -> None:
    target, earlier, waivers = f"{host}/troubles/root-user", tmp_path / "a.json", tmp_path / "w.toml"
    assert run(target, "--rule", "CFG01", "--format", "json", "-o", str(earlier))[0] == 2
    waivers.write_text('[[waivers]]\nrule = "CFG01"\nreason = "r"\nby = "b"\nexpires = 2100-01-01\n')
    status, out, _ = run(target, "--rule", "CFG01", "--waivers", str(waivers), "--before", str(earlier))
    assert status == 0
    assert "changed" in out


def test_what_could_not_be_read_is_told_beside_the_report(host: str) -> None:
    _, _, told = run(f"{host}/troubles/encrypted-layer", "--depth", "files")
    assert "partial: " in told
    assert "encrypted" in told


@pytest.mark.parametrize(
    "words", [["--rule", "NOPE"], ["--key", "nowhere.pem"], ["--policy", "nowhere.toml"]]
)
def test_mistakes_are_errors_and_not_findings(host: str, words: list[str]) -> None:
    done = CliRunner().invoke(app, ["audit", f"{host}/demo/web", *words])
    assert done.exit_code == 1


def test_a_layout_is_audited_without_a_network(host: str, tmp_path: Path) -> None:
    layout = rx.Layout(tmp_path / "layout", create=True)
    rx.copy(rx.Repository(f"{host}/demo/web"), "v2.0", layout, "v2.0")
    assert run(str(tmp_path / "layout"), "--fail-on", "never")[0] == 0


def test_openvex_holds_what_is_said_of_this_image(host: str) -> None:
    _, out, _ = run(f"{host}/demo/app:v1.2", "--format", "openvex", "--fail-on", "never")
    [statement] = json.loads(out)["statements"]
    assert statement["vulnerability"] == {"name": "CVE-2024-0001"}
    assert statement["status"] == "not_affected"
    assert "not checked" in statement["status_notes"]
    _, other, _ = run(f"{host}/troubles/vex-of-another-product", "--format", "openvex", "--fail-on", "never")
    assert json.loads(other)["statements"] == []


def test_snapshots_and_history(host: str, tmp_path: Path) -> None:
    runner = CliRunner()
    taken = runner.invoke(app, ["snapshot", f"{host}/demo/web", "--folder", str(tmp_path)])
    told = runner.invoke(app, ["history", f"{host}/demo/web", "--folder", str(tmp_path)])
    assert taken.exit_code == told.exit_code == 0
    assert "first seen" in told.stdout


def test_the_catalogue_page_is_what_the_code_says() -> None:
    made = runpy.run_path(str(DOCS / "catalogue.py"))["page"]()
    assert (DOCS / "rules.md").read_text() == made, (
        "run: python docs/audit/catalogue.py > docs/audit/rules.md"
    )


def test_t1_the_page_of_a_hostile_repository_holds_no_live_markup(host: str) -> None:
    from support.markup_oracle import assert_safe

    report = rx.audit(rx.Repository(f"{host}/troubles/hostile-strings"), progress=None)
    assert_safe(report._repr_mimebundle_())
    page = report.to_html()
    assert "<script" not in page
    assert "<img" not in page
    assert "onerror=&quot;" in page or "onerror" not in page
    assert "default-src &#x27;none&#x27;" in page
