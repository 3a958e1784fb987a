"""The official conformance program passes against the embedded registry, with every store, at every level."""

from __future__ import annotations

import dataclasses

import pytest
from support import conformance

from regexplore.sandbox import PROFILES, SandboxServer

pytestmark = pytest.mark.interop


@pytest.fixture(scope="session")
def program():
    try:
        return conformance.program()
    except conformance.Unavailable as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("storage", ["memory", "disk"])
@pytest.mark.parametrize(("version", "sparse"), [("1.1", False), ("dev", False), ("dev", True)])
def test_every_category_of_the_official_program_passes(program, tmp_path, storage, version, sparse):
    profile = dataclasses.replace(PROFILES["oci"], sparse=sparse)
    with SandboxServer(profile, storage=tmp_path / "store" if storage == "disk" else None) as server:
        summary = conformance.run(program, server.host, tmp_path, version=version, sparse=sparse)
    assert (summary.exit_code, summary.result) == (0, "Pass")
    assert summary.counts["FAIL"] == summary.counts["Error"] == summary.counts["Skip"] == 0
    assert summary.counts["Pass"] >= 858
    assert set(summary.api.values()) | set(summary.data.values()) <= {"Pass", "Disabled"}
    if sparse:
        assert summary.counts["Disabled"] == 0


def test_the_program_sees_a_registry_that_breaks_the_rules(program, tmp_path):
    """A check of the check: without referrers and with silent refusals the same program fails."""
    with SandboxServer("distribution-2.8") as server:
        summary = conformance.run(program, server.host, tmp_path, version="1.1", sparse=False)
    assert summary.exit_code == 1
    assert summary.api["Referrers"] == "FAIL"
