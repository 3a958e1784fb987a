"""The same findings, wherever the same content is: docker-registry, the Go registry, a layout on disk."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pandas as pd
import pytest
from support import tools

import regexplore as rx

pytestmark = [pytest.mark.interop]
# What is about the place and not about the content.
PLACE = ("REG", "TAG", "SIG07")
COLUMNS = ["rule", "severity", "status", "digest", "platform", "message", "evidence"]


def plain(findings: pd.DataFrame) -> list[tuple[str, ...]]:
    kept = findings[~findings["rule"].str.startswith(PLACE)]
    return sorted({tuple(row) for row in kept[COLUMNS].fillna("").to_numpy().tolist()})


def test_the_debian_image(debian_repository: str, debian_layout: Path) -> None:
    served = rx.audit(rx.Repository(debian_repository), depth="files", progress=None)
    there = rx.audit(rx.Layout(debian_layout), depth="files", match="v*", progress=None)
    assert served.complete, served.reasons
    assert plain(served.findings) == plain(there.findings)
    failing = set(served.failures["rule"])
    assert {"SIG01", "SBM01", "PRV01", "CFG01", "FS07"} <= failing
    assert "FS01" in failing, "Debian ships su and mount"
    assert not {"MAN01", "MAN02", "MAN10"} & failing
    assert set(served["FS06"]["severity"]) == {"medium"}, "device nodes below /dev, and nothing worse"


def test_what_oras_attached_on_the_go_registry(go_registry: str, tmp_path: Path) -> None:
    oras = tools.tool("oras")
    if oras is None:
        pytest.skip("oras is not installed")
    target = f"{go_registry}/audited/app"
    sbom = tmp_path / "sbom.json"
    sbom.write_text(
        '{"spdxVersion": "SPDX-2.3", "name": "app", "creationInfo": {"created": "2026-01-01T00:00:00Z",'
        ' "creators": ["Tool: test"]}, "packages": [{"name": "openssl", "versionInfo": "3.0.6"}]}'
    )
    with rx.Sandbox.demo() as sandbox:
        rx.copy(sandbox.registry["demo/web"], "v2.0", rx.Repository(target), "v2.0", referrers=True)
    words = [
        str(oras),
        "attach",
        "--plain-http",
        "--disable-path-validation",
        "--artifact-type",
        "application/spdx+json",
    ]
    subprocess.run(
        [*words, f"{target}:v2.0", f"{sbom}:application/spdx+json"], check=True, capture_output=True
    )
    repository = rx.Repository(target)
    layout = rx.Layout(tmp_path / "layout", create=True)
    rx.copy(repository, "v2.0", layout, "v2.0", referrers=True)
    served = rx.audit(repository, depth="files", progress=None)
    there = rx.audit(layout, depth="files", match="v2.0", progress=None)
    assert set(served.evidence["kind"]) == {"signature", "sbom"}
    assert not served["SBM01"].empty
    assert set(served["SBM01"]["status"]) == {"pass"}
    # The base is looked up in a registry only.
    assert [row for row in plain(served.findings) if not row[0].startswith("BAS")] == [
        row for row in plain(there.findings) if not row[0].startswith("BAS")
    ]


def test_an_audit_of_the_debian_image_costs_a_few_requests(debian_repository: str) -> None:
    report = rx.audit(rx.Repository(debian_repository), progress=None)
    assert report.result.requests is not None
    # Ping, tags, two manifests, two configs, and for each the referrers API and its tag.
    assert report.result.requests <= 14
