"""Writes ``docs/threats.md``: each threat, what is done about it, where, and the tests that name it.

Run it after a change: ``python tests/docs/threats.py``. A test belongs to a threat when its name holds the
threat's number: ``test_t12_no_redirect_...`` and ``test_auth_18_t12_...`` both prove T12.
"""

from __future__ import annotations

import ast
import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "docs" / "threats.csv"
PAGE = ROOT / "docs" / "threats.md"
GROUPS = {
    "5.1": ("Hostile strings", "tests/security/test_renderers.py"),
    "5.2": ("Credentials and requests", "tests/security/test_credentials_and_requests.py"),
    "5.3": ("Integrity", "tests/security/test_integrity.py"),
    "5.4": ("Exhaustion", "tests/security/test_exhaustion.py"),
    "5.5": ("This machine", "tests/security/test_local.py"),
}
HEAD = """# Threats

A notebook is a place where a string from a registry can run code with your rights. Every byte from a registry, a
layout, an SBOM, a certificate or a credential helper is taken for hostile here. These are the threats that were
thought of, what is done about each, and the tests that fail when it is not done. Generated from `docs/threats.csv`
and the names of the tests in `tests/` by `python tests/docs/threats.py`; do not edit.

{threats} threats. `python tests/security/mutations.py` takes {mutations} of the defences out, one
after the other, and shows which test notices.
"""
MUTATION = "\n**Taken out:** {what}; noticed by `{test}`.\n"


def threats() -> list[dict[str, str]]:
    with SOURCE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="|", quoting=csv.QUOTE_NONE))


def tests_by_threat() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    tests = ROOT / "tests"
    paths = [path.relative_to(tests) for path in tests.rglob("test_*.py")]
    for path in sorted(paths, key=lambda path: (path.parts[0] != "security", path)):
        for name in test_names(tests / path):
            for threat in threats_in(name):
                found[threat].append(f"{path.as_posix()}::{name}")
    return found


def test_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name


def threats_in(name: str) -> set[str]:
    return {f"T{number}" for number in re.findall(r"(?<=_)t([0-9]+)(?=_|$)", name)}


def mutations() -> list[dict[str, str]]:
    """What ``tests/security/mutations.py`` lists, read without running it."""
    tree = ast.parse((ROOT / "tests" / "security" / "mutations.py").read_text("utf-8"))
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Mutation"
    ]
    return [{word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg} for call in calls]


def page() -> str:
    proved, taken_out = tests_by_threat(), mutations()
    lines = []
    for group, (title, _) in GROUPS.items():
        lines.append(f"\n## {title}\n")
        for threat in threats():
            if threat["group"] == group:
                lines.append(section(threat, proved[threat["id"]], taken_out))
    head = HEAD.format(
        threats=len(threats()),
        mutations=len(taken_out),
    )
    return head + "\n".join(lines).rstrip() + "\n"


def section(threat: dict[str, str], tests: list[str], taken_out: list[dict[str, str]]) -> str:
    where = ", ".join(f"`{place}`" for place in threat["where"].split())
    own = [f"`{test}`" for test in tests if test.startswith("security/")]
    others = sorted({test.partition("/")[0] for test in tests} - {"security"})
    if others:
        own.append(
            "those named `t" + threat["id"][1:] + "` in " + ", ".join(f"`{folder}`" for folder in others)
        )
    lines = [
        f"### {threat['id']}\n",
        f"{threat['threat']}\n",
        f"**Defence:** {threat['what is done']} ({where})\n",
        f"**Tests:** {', '.join(own)}",
    ]
    lines += [MUTATION.format(**one).rstrip("\n") for one in taken_out if one["threat"] == threat["id"]]
    if threat["what stays with you"]:
        lines.append(f"\n**What stays with you:** {threat['what stays with you']}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    bare = [threat["id"] for threat in threats() if not tests_by_threat()[threat["id"]]]
    print(f"wrote {PAGE.relative_to(ROOT)}; without a test: {', '.join(bare) or 'none'}")
