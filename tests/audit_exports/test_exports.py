"""Audits on their way out."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from support.audits import DIGEST, finding, result

from regexplore.auditing.exports.document import load_findings, to_json
from regexplore.auditing.exports.sarif import to_sarif
from regexplore.auditing.exports.tables import write_csv, write_parquet
from regexplore.auditing.result import FRAMES
from regexplore.errors import PolicyError

HOSTILE = ["=cmd()|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\tx", "\rx"]
UNSEEN = "v1\u202e\x1b[2J"


def test_json_is_read_back(tmp_path: Path) -> None:
    run = result(finding(), finding(rule="BAS05", severity="low", status="unknown", platform="linux/amd64"))
    file = tmp_path / "run.json"
    file.write_text(to_json(run))
    pd.testing.assert_frame_equal(load_findings(file), run.findings)


def test_json_says_whether_it_is_complete() -> None:
    document = json.loads(to_json(result(finding(), reasons=("429 from the registry",))))
    assert document["complete"] is False
    assert document["reasons"] == ["429 from the registry"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": "other"}', '{"format": "regexplore-audit/1"}', "[" * 100_000]
)
def test_a_file_that_is_no_audit_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "run.json"
    file.write_text(text)
    with pytest.raises(PolicyError, match=r"run\.json"):
        load_findings(file)


def test_t10_no_cell_of_the_csv_is_a_formula(tmp_path: Path) -> None:
    files = write_csv(result(*(finding(message=text, evidence=text) for text in HOSTILE)), tmp_path / "out")
    assert [file.stem for file in files] == list(FRAMES)
    table = pd.read_csv(files[0], keep_default_na=False)
    for column in ("message", "evidence"):
        assert all(cell.startswith("'") for cell in table[column])


def test_parquet_keeps_values_and_types(tmp_path: Path) -> None:
    run = result(*(finding(message=text) for text in HOSTILE))
    files = write_parquet(run, tmp_path)
    assert list(pd.read_parquet(files[0])["message"]) == HOSTILE
    assert [file.stem for file in files] == list(FRAMES)


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    run = result(finding(), finding(status="waived"), reasons=("stopped",))
    assert to_json(run) == to_json(run)
    assert to_sarif(run) == to_sarif(run)
    first = [
        file.read_bytes() for file in [*write_parquet(run, tmp_path / "a"), *write_csv(run, tmp_path / "a")]
    ]
    run.findings.attrs["seconds"] = 7.5
    second = [
        file.read_bytes() for file in [*write_parquet(run, tmp_path / "b"), *write_csv(run, tmp_path / "b")]
    ]
    assert first == second


def test_sarif_levels_kinds_and_suppressions() -> None:
    run = result(
        finding(),
        finding(status="unknown"),
        finding(status="waived", message="waived by ops"),
        finding(status="pass"),
        finding(status="n.a."),
        finding(rule="BAS05", severity="low"),
    )
    log = json.loads(to_sarif(run))["runs"][0]
    assert [(one["ruleId"], one["kind"], one["level"]) for one in log["results"]] == [
        ("CFG01", "fail", "error"),
        ("CFG01", "open", "none"),
        ("CFG01", "fail", "error"),
        ("BAS05", "fail", "note"),
    ]
    assert log["results"][2]["suppressions"][0]["justification"] == "waived by ops"
    rules = log["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["BAS05", "CFG01"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in log["results"])


def test_sarif_says_what_is_missing() -> None:
    log = json.loads(to_sarif(result(reasons=("429",))))["runs"][0]
    [note] = log["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == "partial: 429"


def test_sarif_finds_a_finding_again_when_the_tag_moved() -> None:
    prints = {
        json.loads(to_sarif(result(finding(digest=digest))))["runs"][0]["results"][0]["partialFingerprints"][
            "finding/v1"
        ]
        for digest in (DIGEST, "sha256:" + "b" * 64)
    }
    assert len(prints) == 1


def test_t9_sarif_holds_no_control_character_and_no_foreign_address() -> None:
    row = finding(reference="javascript:alert(1)//\u202e", message=UNSEEN, evidence=UNSEEN)
    text = to_sarif(result(row, {**row, "status": "waived"}, reasons=(UNSEEN,)))
    assert "\\u202e" not in text.replace("\\\\u{202e}", "")
    assert "\\u001b" not in text
    uri = json.loads(text)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"][
        "uri"
    ]
    assert ":" not in uri


def test_counts_have_every_severity_and_status() -> None:
    counts = result(finding(), finding(rule="BAS05", severity="low", status="pass")).counts()
    assert counts.loc["high", "fail"] == 1
    assert counts.loc["low", "pass"] == 1
    assert counts.loc["critical"].sum() == 0
    assert result().counts().to_numpy().sum() == 0
    assert result(finding()).worst() == "high"
    assert result(finding(status="waived")).worst() == ""
