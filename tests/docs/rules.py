"""Write docs/rules.md: each rule of the client, and the tests that prove it.

The rules are in docs/rules.csv; the tests are found by the rule ids in their names
(``test_push_7_wrong_digest_header`` proves PUSH-7, ``test_page_5_6_...`` proves PAGE-5 and PAGE-6).

Run it by hand after adding tests: ``python tests/docs/rules.py``.
"""

from __future__ import annotations

import ast
import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "docs" / "rules.csv"
PAGE = ROOT / "docs" / "rules.md"

UPSTREAM = ROOT / "docs" / "upstream-tests.csv"

UPSTREAM_HEAD = """
## The Go client's own tests

Its test functions (`oras-go` v2.6.2, below `registry/remote`), how many cases each has, and the rules above that
cover them here: {cases} cases in {functions} functions, {left_out} of them left out with the reason.

| where | test | cases | covered by |
|---|---|---|---|
"""

HEAD = """# Rules of the client

What the client does, rule by rule, and the tests that prove it. Generated from `docs/rules.csv` and the names of
the tests by `python tests/docs/rules.py`; do not edit.

{proved} rules are proved by {tests} tests; {left_out} are left out, with the reason; {bare} have no test of their own yet.

| rule | regexplore | proved by |
|---|---|---|
"""


def rules() -> list[dict[str, str]]:
    with SOURCE.open(encoding="utf-8", newline="") as file:
        return [
            {"id": row["id"], "what": row["what regexplore does"], "left_out": row["left out, and why"] or ""}
            for row in csv.DictReader(file, delimiter="|")
        ]


def tests_by_rule() -> dict[str, list[str]]:
    prefixes = sorted({rule["id"].partition("-")[0] for rule in rules()})
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in test_names(path):
            for rule in rules_in(name, prefixes):
                found[rule].append(f"{path.relative_to(ROOT).as_posix()}::{name}")
    return found


def test_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name


def rules_in(name: str, prefixes: list[str]) -> set[str]:
    pattern = rf"(?:^|_)({'|'.join(prefix.lower() for prefix in prefixes)})((?:_[0-9]+)+)(?=_|$)"
    return {
        f"{prefix.upper()}-{int(number)}"
        for prefix, numbers in re.findall(pattern, name)
        for number in numbers.strip("_").split("_")
    }


def page() -> str:
    proved = tests_by_rule()
    lines = [row(rule, proved.get(rule["id"], [])) for rule in rules()]
    head = HEAD.format(
        proved=sum(bool(proved.get(rule["id"])) for rule in rules()),
        tests=len({test for tests in proved.values() for test in tests}),
        left_out=sum(bool(rule["left_out"]) for rule in rules()),
        bare=sum(not rule["left_out"] and not proved.get(rule["id"]) for rule in rules()),
    )
    return head + "\n".join(lines) + "\n" + upstream_table()


def upstream_table() -> str:
    with UPSTREAM.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="|"))
    known = {rule["id"] for rule in rules()}
    lines = []
    for found in rows:
        covering = found["rules"].split()
        assert known.issuperset(covering), found
        assert covering or found["left out, and why"], found
        words = ", ".join(covering) or f"left out: {found['left out, and why']}"
        lines.append(f"| {found['package']} | {found['test']} | {found['cases']} | {words} |")
    head = UPSTREAM_HEAD.format(
        cases=sum(int(found["cases"]) for found in rows),
        functions=len(rows),
        left_out=sum(int(found["cases"]) for found in rows if not found["rules"]),
    )
    return head + "\n".join(lines) + "\n"


def row(rule: dict[str, str], tests: list[str]) -> str:
    shown = "<br>".join(f"`{test.rpartition('/')[2]}`" for test in tests[:4])
    if len(tests) > 4:
        shown += f"<br>and {len(tests) - 4} more"
    what = rule["what"]
    if rule["left_out"]:
        what = f"{what} — left out: {rule['left_out']}" if what else f"left out: {rule['left_out']}"
    return f"| {rule['id']} | {what} | {shown or ('' if rule['left_out'] else 'no test of its own yet')} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    unproved = [
        rule["id"] for rule in rules() if not rule["left_out"] and not tests_by_rule().get(rule["id"])
    ]
    print(f"wrote {PAGE.relative_to(ROOT)}; without a test: {', '.join(unproved) or 'none'}")
