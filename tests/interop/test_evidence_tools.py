"""Evidence made here and now by cosign, syft, helm and the Notary Project's library: found, read, verified."""

from __future__ import annotations

import io
import json
import os
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from support import tools

import regexplore as rx
from regexplore.oci import Descriptor, media_types

pytestmark = [pytest.mark.interop]
FORMS = ("spdx-json", "cyclonedx-json", "cyclonedx-xml", "spdx-tag-value", "syft-json")
QUIET = {"COSIGN_PASSWORD": "", "COSIGN_YES": "true", "SYFT_CHECK_FOR_APP_UPDATE": "false"}


def program(name: str) -> str:
    found = tools.tool(name)
    if found is None:
        pytest.skip(f"{name} is not installed: python tests/support/tools.py install all")
    return str(found)


def run(*words: object, cwd: Path) -> str:
    environment = {**os.environ, **QUIET, "HOME": str(cwd)}
    done = subprocess.run(
        [*map(str, words)], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def push_referrer(target: rx.Repository, about: Descriptor, kind: str, media_type: str, file: Path) -> None:
    body = Descriptor.from_bytes(media_type, file.read_bytes())
    empty = Descriptor.from_bytes(media_types.OCI_EMPTY, b"{}")
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "artifactType": kind,
        "config": empty.to_json(),
        "layers": [body.to_json()],
        "subject": about.plain().to_json(),
    }
    raw = json.dumps(tree).encode()
    for descriptor, content in (
        (body, file.read_bytes()),
        (empty, b"{}"),
        (Descriptor.from_bytes(media_types.OCI_MANIFEST, raw), raw),
    ):
        target.push(descriptor, io.BytesIO(content))


def names_and_versions(packages: pd.DataFrame) -> set[tuple[str, str]]:
    debian = packages[packages["type"] == "deb"]
    return set(zip(debian["name"], debian["version"], strict=True))


def test_syft_finds_the_packages_that_the_database_names(debian_layout: Path, tmp_path: Path) -> None:
    from regexplore.evidence.sboms.parse import parse_sbom

    alone = rx.Layout(tmp_path / "layout", create=True)
    # syft takes layouts of one image only.
    rx.copy(rx.Layout(debian_layout), "v1", alone, "v1")
    outputs = [word for form in FORMS for word in ("-o", f"{form}={tmp_path / form}")]
    run(program("syft"), "scan", f"oci-dir:{tmp_path / 'layout'}", "-q", *outputs, cwd=tmp_path)
    installed = names_and_versions(alone["v1"].packages())
    assert len(installed) > 50
    for form in FORMS:
        sbom = parse_sbom((tmp_path / form).read_bytes())
        listed = {(part.name, part.version) for part in sbom.components if part.type == "deb"}
        assert listed == installed, form


def test_cosign_signs_and_attests_on_the_go_registry(go_registry: str, tmp_path: Path) -> None:
    cosign = program("cosign")
    run(cosign, "generate-key-pair", cwd=tmp_path)
    target = rx.Repository(f"{go_registry}/evidence/cosign")
    with rx.Sandbox.demo() as sandbox:
        rx.copy(sandbox.registry["demo/base"], "12", target, "12")
    reference = f"{target.reference}@{target.resolve('12').digest}"
    predicate = tmp_path / "sbom.json"
    predicate.write_text(
        '{"spdxVersion": "SPDX-2.3", "name": "x", "packages": [{"name": "a", "versionInfo": "1"}]}'
    )
    how = [
        "--key",
        "cosign.key",
        "--tlog-upload=false",
        "--use-signing-config=false",
        "--allow-http-registry",
    ]
    for form in ("--new-bundle-format=true", "--new-bundle-format=false"):
        run(cosign, "sign", *how, form, reference, cwd=tmp_path)
        run(
            cosign,
            "attest",
            *how,
            form,
            "--type",
            "spdxjson",
            "--predicate",
            predicate,
            reference,
            cwd=tmp_path,
        )
    trust = rx.Trust(keys={"release": (tmp_path / "cosign.pub").read_text()})
    report = rx.audit(target, policy=rx.Policy(trust=trust), progress=None)
    found = report.evidence
    assert set(zip(found["format"], found["kind"], strict=True)) == {
        ("sigstore bundle", "signature"),
        ("cosign signature", "signature"),
        ("sigstore bundle", "sbom"),
        ("DSSE envelope", "sbom"),
    }
    assert set(found["status"]) == {"verified"}
    # What cosign's own tree shows is there, and more: it looks at one manifest only.
    tree = run(cosign, "tree", "--allow-http-registry", reference, cwd=tmp_path)
    shown = set(found["manifest"]) | set(found["digest"])
    told = {word for word in tree.replace("@", " ").split() if word.startswith("sha256:") and len(word) == 71}
    assert told
    assert told - {str(target.resolve("12").digest)} <= shown
    untrusted = rx.audit(rx.Repository(str(target.reference)), progress=None)
    assert set(untrusted.evidence["status"]) == {"not checked"}


@pytest.mark.parametrize("form", ["jws", "cose"])
def test_the_notary_projects_library_signs(go_registry: str, tmp_path: Path, form: str) -> None:
    signer = program("makenotation")
    target = rx.Repository(f"{go_registry}/evidence/notation-{form}")
    with rx.Sandbox.demo() as sandbox:
        rx.copy(sandbox.registry["demo/base"], "12", target, "12")
    about = target.resolve("12")
    store = tmp_path / "trust" / "x509" / "ca" / "demo"
    store.mkdir(parents=True)
    words = (form, about.digest, about.size, about.media_type, "signature", store / "root.pem")
    run(signer, *words, cwd=tmp_path)
    media_type = "application/jose+json" if form == "jws" else "application/cose"
    push_referrer(target, about, "application/vnd.cncf.notary.signature", media_type, tmp_path / "signature")
    trust = rx.Trust(notation_store=tmp_path / "trust", identities=(rx.Identity(identity="*demo signer*"),))
    [row] = rx.audit(target, policy=rx.Policy(trust=trust), progress=None).evidence.to_dict("records")
    assert (row["format"], row["status"]) == (f"notation {form.upper()}", "verified"), row["reason"]
    assert "demo signer" in row["signer"]


def test_a_chart_that_helm_packed_and_pushed(go_registry: str, tmp_path: Path) -> None:
    helm = program("helm")
    run(helm, "create", "app", cwd=tmp_path)
    run(helm, "package", "app", "--version", "1.2.3", cwd=tmp_path)
    run(helm, "push", "app-1.2.3.tgz", f"oci://{go_registry}/evidence", "--plain-http", cwd=tmp_path)
    target = rx.Repository(f"{go_registry}/evidence/app")
    details = dict(target["1.2.3"].details().to_numpy().tolist())
    assert (details["format"], details["name"], details["version"]) == ("Helm chart", "app", "1.2.3")
    report = rx.audit(target, depth="files", progress=None)
    assert set(report["ART02"]["status"]) == {"fail"}, "nobody signed it"
    assert report["CFG"].empty
