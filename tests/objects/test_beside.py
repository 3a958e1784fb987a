"""Evidence, SBOMs and packages of an image, and packages across a registry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

import regexplore as rx
from regexplore.auditing.report_frames import EVIDENCE
from regexplore.cli import app
from regexplore.frames.found_packages import FOUND_PACKAGES, SBOM_CHECK, SBOM_DIFF
from regexplore.frames.packages import PACKAGES
from regexplore.image.packages.requirement import Requirement
from regexplore.sandbox.demo.keys import public_keys


@pytest.fixture(scope="module")
def registry() -> Iterator[rx.Registry]:
    with rx.Sandbox.demo() as sandbox:
        yield sandbox.registry


def test_evidence_of_an_index(registry: rx.Registry) -> None:
    index = registry["demo/app"]["v1.2"]
    frame = index.evidence()
    assert list(frame.columns) == EVIDENCE.names
    assert set(frame["kind"]) == {"signature", "sbom", "provenance", "vex"}
    assert set(frame["status"]) == {"not checked"}
    checked = index.evidence(rx.Trust(keys=public_keys()))
    assert "verified" in set(checked["status"])


def test_packages_of_sboms(registry: rx.Registry) -> None:
    frame = registry["demo/app"]["v1.2"].sbom()
    assert list(frame.columns) == PACKAGES.names
    assert {"openssl", "flask"} <= set(frame["name"])
    assert frame["source"].str.contains("sha256:").all()
    assert frame.attrs["complete"]


def test_an_image_without_an_sbom_says_so(registry: rx.Registry) -> None:
    frame = registry["demo/web"]["v2.0"].sbom()
    assert frame.empty
    assert frame.attrs["reasons"] == ["there is no SBOM that can be read"]


def test_sbom_against_the_image(registry: rx.Registry) -> None:
    image = registry["demo/app"]["v1.2"]["linux/amd64"]
    frame = image.sbom_check()
    assert list(frame.columns) == SBOM_CHECK.names
    assert dict(zip(frame["name"], frame["where"], strict=True))["openssl"] == "both"
    thin = registry["troubles/thin-sbom"]["v0.1"].sbom_check()
    assert "only image" in set(thin["where"])


def test_difference_of_sboms(registry: rx.Registry) -> None:
    app, thin = registry["demo/app"]["v1.2"], registry["troubles/thin-sbom"]["v0.1"]
    frame = thin.sbom_diff(app)
    assert list(frame.columns) == SBOM_DIFF.names
    assert "flask" in set(frame.loc[frame["change"] == "added", "name"])
    assert app.sbom_diff(app).empty


def test_every_image_that_ships_a_package(registry: rx.Registry) -> None:
    frame = rx.find_package(registry, "openssl<3.0.7", progress=None)
    assert list(frame.columns) == FOUND_PACKAGES.names
    assert set(frame["status"]) == {"matches"}
    assert any(reference.endswith("demo/app:latest") for reference in frame["reference"])
    assert not frame.attrs["complete"]
    assert any("is not known; files=True" in reason for reason in frame.attrs["reasons"])
    deep = rx.find_package(registry, "openssl<3.0.7", files=True, progress=None)
    assert set(frame["reference"]) < set(deep["reference"])
    assert rx.find_package(registry["demo/app"], "no-such-package", progress=None).empty


def test_the_command(registry: rx.Registry) -> None:
    done = CliRunner().invoke(app, ["find-package", f"{registry.reference}/demo/app", "openssl<3.0.7"])
    assert done.exit_code == 0
    assert "3.0.6-1" in done.stdout


@pytest.mark.parametrize(
    ("text", "kind", "version", "holds"),
    [
        ("openssl", "deb", "3.0.6-1", True),
        ("openssl<3.0.7", "deb", "3.0.6-1", True),
        ("openssl<3.0.7", "deb", "3.0.15-1", False),
        ("openssl<3.0.7", "deb", "1:1.0", False),
        ("openssl>=3.0,<3.0.7", "deb", "3.0.6-1", True),
        ("openssl>=3.0.7", "deb", "3.0.7", True),
        ("openssl==3.0.7", "deb", "3.0.7", True),
        ("openssl!=3.0.7", "deb", "3.0.7", False),
        ("flask<3.0", "pypi", "3.0rc1", None),
        ("flask<3.0", "pypi", "", None),
    ],
)
def test_bounds(text: str, kind: str, version: str, holds: bool | None) -> None:
    assert Requirement.parse(text).holds(kind, version) is holds


@pytest.mark.parametrize("text", ["", "<3", "openssl<", "openssl<3;rm", "a b", "openssl~=3"])
def test_what_is_no_package(text: str) -> None:
    with pytest.raises(rx.errors.PolicyError):
        Requirement.parse(text)


@pytest.mark.parametrize(
    ("text", "name"), [("log4j-*", "org.apache/log4j-core"), ("OpenSSL", "openssl"), ("bar", "@foo/bar")]
)
def test_names(text: str, name: str) -> None:
    assert Requirement.parse(text).names(name)
