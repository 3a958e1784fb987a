"""T36 to T40: this machine. No code from elsewhere, no path from elsewhere, no connection that was not asked for."""

from __future__ import annotations

import ast
import json
import pickle
import re
import socket
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from support.demo_audit import demo_policy

import regexplore as rx
from regexplore import errors
from regexplore.content.memory import MemoryStore
from regexplore.oci import media_types
from regexplore.sandbox.demo import statements
from regexplore.sandbox.demo.content import AMD64
from regexplore.sandbox.demo.images import BASE_DIGEST, BASE_NAME, push_image
from regexplore.sandbox.demo.keys import LOG, RELEASE, STRANGER
from regexplore.sandbox.demo.shelf import Shelf, encode
from regexplore.sandbox.demo.troubles.parts import NOBODY, build

PACKAGE = Path(rx.__file__).parent
ROOT = Path(__file__).parents[2]


class Trap:
    """Touches a file when somebody unpickles it."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.marker,))


def test_t36_a_hostile_pickle_stays_inert_wherever_it_lies(tmp_path: Path) -> None:
    """As a layer, as a config, as evidence, in a cache, among snapshots, as a policy: it is never loaded."""
    marker = tmp_path / "ran"
    trap = pickle.dumps(Trap(marker))
    cache, history = tmp_path / "cache", tmp_path / "history"
    with rx.Sandbox() as sandbox:
        shelf = Shelf(sandbox.store, "some/app")
        image = push_image(shelf, AMD64, build(), ["v1"])
        for n, media_type in enumerate(
            ("application/vnd.cncf.model.weight.v1.raw", media_types.OCI_LAYER_TAR, statements.SPDX)
        ):
            for name in ("model.pkl", "model.pt", "weights.bin"):
                blob = shelf.blob(media_type, trap, {"org.opencontainers.image.title": name})
                shelf.artifact(media_type, [blob], subject=image, tags=[f"{n}-{name}"])
        shelf.manifest(
            shelf.blob(media_types.OCI_CONFIG, trap),
            [shelf.blob(media_types.OCI_LAYER_TAR, trap)],
            tags=["config"],
        )
        repository = rx.Repository(f"{sandbox.host}/some/app", cache_dir=cache)
        report = rx.audit(repository, depth="files", progress=None)
        assert "fail" in set(report["ART01"]["status"])
        for tag in repository.tags(progress=None)["tag"]:
            found = repository.get(tag)
            for shown in (found, found.graph(progress=False)):
                shown._repr_mimebundle_()
        rx.snapshot(repository, history)
        for folder in (cache, history):
            for file in [path for path in folder.rglob("*") if path.is_file()]:
                file.write_bytes(trap)
        again = rx.Repository(f"{sandbox.host}/some/app", cache_dir=cache)
        again.get("v1")
        rx.history(again, history)
    for name in ("policy.toml", "waivers.json", "before.json"):
        (tmp_path / name).write_bytes(trap)
    for load in (lambda: rx.audit(MemoryStore(), policy=tmp_path / "policy.toml"), lambda: report.waive(tmp_path / "waivers.json"),
                 lambda: report.compare(tmp_path / "before.json")):  # fmt: skip
        with pytest.raises(errors.PolicyError):
            load()
    assert not marker.exists()
    pickle.loads(trap)
    assert marker.exists()  # it would have bitten


def test_t36_nothing_of_ours_can_unpickle() -> None:
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = {
            alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not names & {"pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib", "torch"}, path
        called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not called & {"read_pickle", "to_pickle", "allow_pickle"}, path


TITLES = [
    "../../.bashrc",
    "/etc/passwd",
    "a/../../b",
    "..",
    "C:\\x",
    "con",
    "a\0b",
    "-rf",
    "~/.ssh/authorized_keys",
]


def test_t37_no_name_of_a_registry_becomes_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "kept").write_text("before")
    monkeypatch.chdir(inside)
    with rx.Sandbox() as sandbox:
        shelf = Shelf(sandbox.store, "some/app")
        blobs = [
            shelf.blob("text/plain", title.encode(), {"org.opencontainers.image.title": title})
            for title in TITLES
        ]
        shelf.artifact("application/x-files", blobs, tags=["v1"])
        repository = rx.Repository(f"{sandbox.host}/some/app", cache_dir=inside / "cache")
        artifact = repository.get("v1")
        artifact.graph(progress=False).save(inside / "graph.html")
        rx.copy(repository, "v1", rx.Layout(inside / "layout", create=True), "v1", progress=None)
        rx.snapshot(repository, inside / "history")
        rx.crawl(
            rx.Registry(sandbox.host), "tags", repositories=["some/app"], into=inside / "crawl", progress=None
        )
        report = rx.audit(repository, depth="files", progress=None)
        report.to_csv(inside / "report")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside", "kept"]
    assert {path.name for path in inside.iterdir()} == {
        "cache",
        "graph.html",
        "layout",
        "history",
        "crawl",
        "report",
    }
    for path in inside.rglob("*"):
        assert path.resolve().is_relative_to(inside)
        assert not path.is_symlink()
        assert path.name not in {".bashrc", "passwd", "authorized_keys", "con", "-rf"}
    assert set(report["ART03"]["status"]) == {"fail"}


ELSEWHERE = "http://outside.invalid:81/x"


def put_addresses(shelf: Shelf) -> None:
    """An image whose every address, name of a base and reference leads elsewhere."""
    annotations = {
        "org.opencontainers.image.source": ELSEWHERE, "org.opencontainers.image.url": ELSEWHERE,
        "org.opencontainers.image.documentation": ELSEWHERE, BASE_NAME: "outside.invalid:81/base:1", BASE_DIGEST: str(NOBODY),
    }  # fmt: skip
    image = push_image(shelf, AMD64, build(annotations=annotations), ["v1"])
    foreign = {**image.plain().to_json(), "urls": [ELSEWHERE]}
    sbom = {
        "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "x", "documentNamespace": ELSEWHERE,
        "externalDocumentRefs": [{"spdxDocument": ELSEWHERE}], "creationInfo": {"created": statements.WHEN, "creators": []},
        "packages": [{"name": "x", "SPDXID": "SPDXRef-1", "downloadLocation": ELSEWHERE, "homepage": ELSEWHERE}],
    }  # fmt: skip
    cyclonedx = {"bomFormat": "CycloneDX", "specVersion": "1.6", "externalReferences": [{"type": "bom", "url": ELSEWHERE}],
                 "components": [{"name": "x", "externalReferences": [{"type": "vcs", "url": ELSEWHERE}]}]}  # fmt: skip
    vex = {**statements.vex(image.digest), "@id": ELSEWHERE, "@context": ELSEWHERE}
    slsa = statements.provenance("v1")
    slsa["buildDefinition"]["resolvedDependencies"] = [{"uri": f"git+{ELSEWHERE}"}]
    slsa["runDetails"]["builder"]["id"] = ELSEWHERE
    provenance = statements.dsse(statements.statement("x", image.digest, statements.SLSA, slsa), RELEASE)
    for media_type, tree in (
        (statements.SPDX, sbom),
        (statements.CYCLONEDX, cyclonedx),
        (statements.OPENVEX, vex),
        (statements.DSSE, provenance),
    ):
        shelf.artifact(media_type, [shelf.blob(media_type, encode(tree))], subject=image)
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": shelf.blob(media_types.OCI_CONFIG, b"{}").to_json(),
        "layers": [foreign],
    }
    shelf.raw_manifest(media_types.OCI_MANIFEST, json.dumps(tree).encode(), ["foreign"])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[object]:
    """Every address that is connected to, and every name that is looked up."""
    seen: set[object] = set()
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connecting(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            seen.add(tuple(address)[:2])  # type: ignore[arg-type]
        connect(self, address)  # type: ignore[arg-type]

    def looking(host: object, *more: object, **options: object) -> object:
        seen.add(host)
        return look_up(host, *more, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connecting)
    monkeypatch.setattr(socket, "getaddrinfo", looking)
    return seen


def test_t38_an_audit_speaks_to_the_audited_registry_alone(tmp_path: Path, asked: set[object]) -> None:
    """Addresses in annotations, SBOMs, provenance, certificates and bundles are never followed."""
    with rx.Sandbox.demo() as sandbox:
        put_addresses(Shelf(sandbox.store, "some/app"))
        repositories = list(sandbox.registry.repositories(progress=None)["repository"])
        for name in (
            "some/app",
            "demo/app",
            *(name for name in repositories if "base" in name or "foreign" in name),
        ):
            report = rx.audit(
                sandbox.registry[name], policy=demo_policy(tmp_path), depth="files", progress=None
            )
            for form in ("json", "sarif", "html"):
                report.save(tmp_path / f"report.{form}")
            report.to_openvex()
            report._repr_mimebundle_()
        sandbox.registry["some/app"].get("v1").sbom()
        sandbox.registry["some/app"].get("v1").evidence()
    host, _, port = sandbox.host.partition(":")
    assert asked == {(host, int(port)), host}


def test_t38_foreign_layers_are_not_fetched(asked: set[object]) -> None:
    with rx.Sandbox() as sandbox:
        put_addresses(Shelf(sandbox.store, "some/app"))
        found = sandbox.registry["some/app"].get("foreign")
        found.layers() if callable(found.layers) else found.layers
        found.graph(progress=False)
    host, _, port = sandbox.host.partition(":")
    assert asked <= {(host, int(port)), host}


def test_t38_a_base_elsewhere_is_said_not_to_have_been_asked_for() -> None:
    with rx.Sandbox() as sandbox:
        put_addresses(Shelf(sandbox.store, "some/app"))
        report = rx.audit(sandbox.registry["some/app"], match="v1", progress=None)
    [said] = report["BAS02"].to_dict("records")
    assert (said["status"], said["message"]) == (
        "unknown",
        "outside.invalid:81 is not the audited registry; it was not asked",
    )


@pytest.mark.parametrize("what", ["no trust", "a log and nobody's name", "another's key"])
def test_t39_no_green_without_saying_who_counts(what: str) -> None:
    trusts = {
        "no trust": rx.Trust(),
        "a log and nobody's name": rx.Trust(log_keys=(LOG.public_pem,)),
        "another's key": rx.Trust(keys={"stranger": STRANGER.public_pem}),
    }
    with rx.Sandbox.demo() as sandbox:
        report = rx.audit(sandbox.registry["demo/app"], policy=rx.Policy(trust=trusts[what]), progress=None)
    assert len(report.evidence) > 0
    assert "verified" not in set(report.evidence["status"])
    assert "pass" not in set(report["SIG03"]["status"])


def test_t40_installed_packages_fit_together() -> None:
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout


def lower_bounds() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {
        found[1]: found[2]
        for line in project["dependencies"]
        if (found := re.match(r"([A-Za-z0-9_.-]+)>=([\d.]+)", line))
    }


SAFE_FROM = {
    "requests": ("2.33", ["CVE-2024-47081", "CVE-2026-25645"]),
    "urllib3": ("2.6.3", ["CVE-2025-66418", "CVE-2025-66471", "CVE-2026-21441"]),
}


@pytest.mark.parametrize("package", SAFE_FROM)
def test_t40_versions_with_known_holes_cannot_be_installed(package: str) -> None:
    wanted, reasons = SAFE_FROM[package]
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    assert version(lower_bounds()[package]) >= version(wanted)
    assert version(metadata.version(package)) >= version(wanted)
    line = next(line for line in text.splitlines() if f'"{package}>=' in line)
    assert all(reason in line for reason in reasons)


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def test_t40_every_dependency_has_a_lower_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert all(re.match(r"[A-Za-z0-9_.-]+>=", line) for line in project["dependencies"])


def test_t40_nothing_is_loaded_that_was_not_asked_for() -> None:
    """No plug-ins by entry point, and importing the package brings neither widgets nor a web server nor a network."""
    code = (
        "import importlib.metadata as m, socket, sys\n"
        "def refuse(*a, **k): raise SystemExit('looked for plug-ins')\n"
        "m.entry_points = refuse\n"
        "socket.socket.connect = refuse\n"
        "import regexplore\n"
        "print(sorted({'pandas', 'ipywidgets', 'anywidget', 'uvicorn', 'cryptography', 'sigstore', 'dask', 'pyarrow', 'pickle_'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text("utf-8")
        assert "entry_points" not in text, path
        assert "pkg_resources" not in text, path
