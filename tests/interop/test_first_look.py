"""The first notebook's code, unchanged, on registries that are not ours, with content that is not ours."""

import json
import subprocess
from pathlib import Path

import nbformat
import pytest
from conftest import program
from nbclient import NotebookClient

import regexplore as rx

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("debian")]

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01-first-look.ipynb"


@pytest.fixture(scope="session")
def attached_repository(debian_layout, go_registry, tmp_path_factory):
    """The Debian image in the Go registry, with an SBOM, and a signature of it, attached by oras."""
    oras, skopeo = program("oras"), program("skopeo")
    folder = tmp_path_factory.mktemp("attached")
    (folder / "sbom.json").write_text('{"spdxVersion": "SPDX-2.3", "packages": []}')
    (folder / "signature.txt").write_text("not a real signature")
    target = f"{go_registry}/debian/app"
    for tag in ("v1", "v2"):
        copy = [
            skopeo,
            "copy",
            "--quiet",
            "--dest-tls-verify=false",
            f"oci:{debian_layout}:{tag}",
            f"docker://{target}:{tag}",
        ]
        subprocess.run(copy, check=True, capture_output=True)
    attach = [oras, "attach", "--plain-http", "--no-tty", "--artifact-type"]
    subprocess.run(
        [*attach, "application/spdx+json", f"{target}:v2", "sbom.json:application/spdx+json"],
        check=True,
        cwd=folder,
        capture_output=True,
    )
    sbom = rx.get(f"{target}:v2").referrers()["digest"][0]
    subprocess.run(
        [*attach, "application/vnd.example.signature", f"{target}@{sbom}", "signature.txt:text/plain"],
        check=True,
        cwd=folder,
        capture_output=True,
    )
    return target


def look(target):
    """Do what the notebook does; returns what it shows."""
    host, _, name = target.partition("/")
    repo = rx.Registry(host).repository(name)
    tags = repo.tags(detail=True)
    image = repo.get("v2")
    return tags, image, image.layers(), image.referrers(recursive=True), image.graph()


def test_debian_image_in_docker_registry(debian_repository):
    tags, image, layers, referrers, graph = look(debian_repository)
    assert list(tags["tag"]) == ["v1", "v2"]
    assert set(tags["kind"]) == {"image"}
    assert tags["platforms"].str.startswith("linux/").all()
    assert tags["error"].isna().all()
    assert tags.attrs["complete"]
    assert (image.kind, len(layers)) == ("image", 4)
    assert layers["size"].sum() > 50_000_000
    assert layers["diff_id"].notna().all()
    assert "RUN rm -rf /usr/share/doc" in layers["created_by"][3]
    assert referrers.empty
    assert list(referrers.columns)[:2] == ["digest", "kind"]
    kinds = graph.nodes.groupby("kind").size()
    assert kinds["layer"] == 4
    assert graph.complete


def test_tag_schema_on_docker_registry(debian_repository):
    host, _, name = debian_repository.partition("/")
    repo = rx.Repository(debian_repository)
    subject = repo.resolve("v2")
    repo.push(rx.EMPTY_JSON, b"{}")
    content = (
        b'{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",'
        b'"artifactType":"application/vnd.example.note","config":%s,"layers":[],"subject":%s}'
    ) % tuple(json.dumps(d.to_json()).encode() for d in (rx.EMPTY_JSON, subject))
    note = rx.Descriptor.from_bytes(rx.media_types.OCI_MANIFEST, content)
    repo.push(note, content)
    fresh = rx.Registry(host).repository(name).get("v2")
    found = fresh.referrers()
    assert list(found["digest"]) == [note.digest]
    assert set(found["channel"]) == {"referrers tag"}
    assert "subject" in set(fresh.graph().edges["kind"]) | {"tag-schema"}
    repo.delete(note)
    assert rx.Registry(host).repository(name).get("v2").referrers().empty


def test_oras_attached_artifacts_in_the_go_registry(attached_repository):
    _, image, layers, referrers, graph = look(attached_repository)
    assert len(layers) == 4
    assert list(referrers["artifact_type"]) == ["application/spdx+json", "application/vnd.example.signature"]
    assert list(referrers["depth"]) == [1, 2]
    text = graph.to_text()
    program_words = subprocess.run(
        [program("oras"), "discover", "--plain-http", "--format", "tree", f"{attached_repository}:v2"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for digest in referrers["digest"]:
        assert digest in text
        assert digest in program_words
    assert image.digest in text


@pytest.mark.parametrize("where", ["docker_registry", "go_registry"])
def test_the_notebook_runs_unchanged(where, debian_repository, attached_repository, request):
    target = debian_repository if where == "docker_registry" else attached_repository
    host, _, name = target.partition("/")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    (cell,) = (cell for cell in notebook.cells if "registry" in cell.metadata.get("tags", []))
    cell.source = f"registry_name = {host!r}\nrepository_name = {name!r}\ntag = 'v2'"
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    assert any("<svg" in output.get("data", {}).get("text/html", "") for output in outputs)
