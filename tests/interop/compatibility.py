"""Write docs/compatibility.md from a run of test_seed_contract.py: each call, each registry, what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "compatibility.md"
TESTS = Path(__file__).with_name("test_seed_contract.py")

HEAD = """# Compatibility

Each call of the client, tried on four registries by `tests/interop/test_seed_contract.py`. This page is written by
`python tests/interop/compatibility.py` from the results of that run; nothing in it is written by hand.

"""
WORDS = {"passed": "yes", "failed": "**no**", "skipped": "not run here"}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(TESTS)]
        subprocess.run(
            command, env={**os.environ, "REGEXPLORE_COMPATIBILITY": str(results)}, cwd=ROOT, check=False
        )
        lines = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    PAGE.write_text(page(lines), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


def page(lines: list[dict[str, str]]) -> str:
    from test_seed_contract import REGISTRIES

    cells: dict[str, dict[str, str]] = defaultdict(dict)
    for line in lines:
        cells[line["call"]][line["registry"]] = WORDS[line["outcome"]]
    table = [f"| call | {' | '.join(REGISTRIES.values())} |", "|---" * (len(REGISTRIES) + 1) + "|"]
    for call, outcomes in cells.items():
        name = call.removeprefix("test_").replace("_s_", "'s ").replace("_", " ")
        table.append(
            f"| {name} | {' | '.join(outcomes.get(registry, 'not run here') for registry in REGISTRIES)} |"
        )
    passed = sum(line["outcome"] == "passed" for line in lines)
    return f"{HEAD}{passed} of {len(lines)} passed.\n\n" + "\n".join(table) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.path.insert(0, str(ROOT / "tests"))
    main()
