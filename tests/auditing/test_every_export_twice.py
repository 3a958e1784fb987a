"""The same content gives the same bytes: with one hand or sixteen, whatever seed Python hashes texts with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.demo_audit import trust_store

import regexplore as rx

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path

import regexplore as rx
from regexplore.content.walk import WalkOptions
from support.demo_audit import NOW, demo_policy

host, store, target, workers = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
repositories = ["demo/app", "demo/web", "troubles/hostile-strings", "troubles/root-user"]
found = rx.audit(
    [f"{host}/{name}:{tag}" for name in repositories for tag in rx.Repository(f"{host}/{name}").tags()["tag"]],
    policy=demo_policy(store),
    depth="files",
    workers=workers,
    progress=None,
)
# Of all that an export holds, the clock alone may differ.
report = rx.AuditReport(replace(found.result, taken=NOW), found._gathered)
target.mkdir()
report.to_csv(target / "csv")
report.to_parquet(target / "parquet")
for name in ("report.json", "report.sarif", "report.html", "findings.csv"):
    report.save(target / name)
(target / "vex.json").write_text(report.to_openvex(), "utf-8")
for of in ("severity", "coverage"):
    (target / f"{of}.svg").write_text(report.picture(of).svg, "utf-8")
graph = rx.Repository(f"{host}/demo/app").graph(options=WalkOptions(workers=workers))
for ending in ("svg", "html", "png", "dot", "mmd", "json", "txt"):
    graph.save(target / f"graph.{ending}")
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[rx.Sandbox]:
    with rx.Sandbox.demo() as running:
        yield running


def exported(sandbox: rx.Sandbox, folder: Path, *, workers: int, seed: int) -> dict[str, bytes]:
    """Audit in a process of its own; give the bytes of each file."""
    target = folder / f"{workers}-{seed}"
    command = [sys.executable, "-c", SCRIPT, sandbox.host, str(folder / "trust"), str(target), str(workers)]
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": str(seed)}
    subprocess.run(command, env=environment, check=True, timeout=300)
    return {str(file.relative_to(target)): file.read_bytes() for file in target.rglob("*") if file.is_file()}


def test_every_export_is_the_same_bytes_twice(sandbox: rx.Sandbox, tmp_path: Path) -> None:
    trust_store(tmp_path / "trust")
    first = exported(sandbox, tmp_path, workers=1, seed=1)
    second = exported(sandbox, tmp_path, workers=16, seed=2)
    assert len(first) >= 6 * 2 + 4 + 1 + 2 + 7
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
