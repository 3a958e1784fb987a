"""Failures that are put up with, until a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.audits import DIGEST, finding, findings

from regexplore.auditing.waivers import Waiver, load_waivers, waive
from regexplore.errors import PolicyError

TODAY = date(2026, 6, 1)
LATER, EARLIER = date(2026, 6, 1), date(2026, 5, 31)


def waiver(**changes: object) -> Waiver:
    given = {"rule": "CFG01", "reason": "drops its rights", "by": "ops", "expires": LATER, **changes}
    return Waiver(**given)  # type: ignore[arg-type]


def test_a_failure_becomes_waived_and_says_by_whom_and_until_when() -> None:
    before = findings([finding(), finding(rule="BAS05")])
    after, notes = waive(before, [waiver()], TODAY)
    assert list(after["status"]) == ["waived", "fail"]
    assert after["message"][0] == "the user is root; waived by ops until 2026-06-01: drops its rights"
    assert notes == []
    assert list(before["status"]) == ["fail", "fail"], "the frame that was given stays as it is"
    assert dict(after.dtypes) == dict(before.dtypes)


def test_an_expired_waiver_waives_nothing_and_is_told_of() -> None:
    after, notes = waive(findings([finding()]), [waiver(expires=EARLIER)], TODAY)
    assert list(after["status"]) == ["fail"]
    assert notes == ["the waiver of CFG01 for * expired on 2026-05-31"]


def test_one_that_fits_nothing_is_told_of() -> None:
    _, notes = waive(findings([finding()]), [waiver(reference="*/other:*")], TODAY)
    assert notes == ["the waiver of CFG01 for */other:* fits nothing"]


@pytest.mark.parametrize("status", ["pass", "unknown", "n.a."])
def test_only_failures_are_waived(status: str) -> None:
    after, _ = waive(findings([finding(status=status)]), [waiver()], TODAY)
    assert list(after["status"]) == [status]


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({"reference": "localhost:5000/demo/*"}, True),
        ({"reference": "*:v2"}, False),
        ({"digest": DIGEST}, True),
        ({"digest": "sha256:" + "b" * 64}, False),
        ({"rule": "CFG02"}, False),
    ],
)
def test_what_a_waiver_speaks_of(fields: dict[str, str], fits: bool) -> None:
    assert waiver(**fields).fits(finding()) is fits


TOML = """
[[waivers]]
rule = "CFG01"
reference = "*/demo/app:*"
reason = "drops its rights itself"
by = "ops@example.com"
expires = 2027-01-31
"""
JSON = (
    '{"waivers": [{"rule": "CFG01", "reference": "*/demo/app:*", "reason": "drops its rights itself",'
    ' "by": "ops@example.com", "expires": "2027-01-31"}]}'
)


@pytest.mark.parametrize(("name", "text"), [("w.toml", TOML), ("w.json", JSON)])
def test_files(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    assert load_waivers(file) == (
        Waiver("CFG01", "drops its rights itself", "ops@example.com", date(2027, 1, 31), "*/demo/app:*"),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("waivers = 1", "no list"),
        ("[[waivers]]\nrule = 'CFG01'", "waiver 1 lacks: by, expires, reason"),
        (TOML.replace("reason", "because"), "not known: because"),
        (TOML.replace('"ops@example.com"', "7"), "no short text: by"),
        (TOML.replace('"ops@example.com"', '""'), "has no by"),
        (TOML.replace("2027-01-31", '"soon"'), "waiver 1: Invalid isoformat"),
        (TOML.replace('"CFG01"', f'"{"x" * 2000}"'), "no short text: rule"),
        ("[[", "cannot be read"),
    ],
)
def test_a_file_that_is_none_says_what_and_where(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "w.toml"
    file.write_text(text)
    with pytest.raises(PolicyError, match=told):
        load_waivers(file)


@pytest.mark.parametrize(
    "text", ["__import__('os').system('x')", "@pd.io.common.os.getcwd()", "df.to_pickle('x')"]
)
def test_t11_waivers_are_never_evaluated(tmp_path: Path, text: str) -> None:
    file = tmp_path / "w.toml"
    file.write_text(TOML.replace("*/demo/app:*", text).replace("CFG01", "CFG01"))
    after, notes = waive(findings([finding()]), load_waivers(file), TODAY)
    assert list(after["status"]) == ["fail"]
    assert len(notes) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["w.toml"]


@given(st.text(max_size=200))
def test_any_text_is_a_list_or_a_named_refusal(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("waivers") / "w.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(PolicyError):
        load_waivers(file)
