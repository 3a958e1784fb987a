"""Say how much of each package the tests reach, against what is promised.

What is promised is coverage with branches as coverage.py counts it: lines and branches together. The branches alone
stand beside it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

HIGH, REST = 95, 90
PROMISED = {"oci": HIGH, "remote": HIGH, "evidence": HIGH}


def main() -> None:
    """Print the table; end with an error where a promise is not kept."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "coverage.json")
        command = [sys.executable, "-m", "coverage", "json", "-q", "-o", str(report)]
        subprocess.run(command, check=True)
        files = json.loads(report.read_text())["files"]
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for name, file in files.items():
        parts = Path(name).parts
        package = parts[1] if len(parts) > 2 else "regexplore"
        found = file["summary"]
        sums[package][0] += found["covered_lines"] + found["covered_branches"]
        sums[package][1] += found["num_statements"] + found["num_branches"]
        sums[package][2] += found["covered_branches"]
        sums[package][3] += found["num_branches"]
    short = []
    for package, (covered, total, taken, branches) in sorted(sums.items()):
        share, wanted = 100 * covered / max(total, 1), PROMISED.get(package, REST)
        alone = f"{100 * taken / branches:6.2f} %" if branches else "-"
        print(f"{package:12} {share:6.2f} %   of {total:6,}   wanted {wanted} %   branches alone {alone}")
        if share < wanted:
            short.append(package)
    if short:
        sys.exit(f"less than promised: {', '.join(short)}")


if __name__ == "__main__":
    main()
