"""crane, oras and umoci push to, read from and attach to the embedded registry without a warning."""

import json
import shutil
import subprocess

import pytest
from conftest import program

from regexplore.sandbox import SandboxServer

pytestmark = pytest.mark.interop


def run(*words, **options):
    """Run a program that must succeed and warn of nothing; return what it printed."""
    command = [str(word) for word in words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)
    assert done.returncode == 0, (command, done.stderr)
    said = (done.stdout + done.stderr).lower()
    assert not [word for word in ("warn", "error", "deprecated", "fallback", "level=") if word in said], said
    return done.stdout


@pytest.fixture(params=["memory", "disk"])
def server(request, tmp_path):
    with SandboxServer(storage=tmp_path / "store" if request.param == "disk" else None) as found:
        yield found
        assert not [record for record in found.log if record.status >= 500 or record.status == 0]


def test_crane_pushes_lists_copies_pulls_and_deletes(server, tmp_path, debian_layout):
    crane = program("crane")
    name = f"{server.host}/crane/app"
    layout = tmp_path / "layout"
    run(program("skopeo"), "copy", "-q", f"oci:{debian_layout}:v1", f"oci:{layout}:v1")
    run(crane, "push", "--insecure", layout, f"{name}:v1")
    run(crane, "tag", "--insecure", f"{name}:v1", "v2")
    assert run(crane, "ls", "--insecure", name).split() == ["v1", "v2"]
    assert run(crane, "catalog", "--insecure", server.host).split() == ["crane/app"]
    digest = run(crane, "digest", "--insecure", f"{name}:v1").strip()
    run(crane, "validate", "--insecure", "--remote", f"{name}:v1")
    run(crane, "copy", "--insecure", f"{name}:v1", f"{server.host}/crane/copy:v1")
    run(crane, "pull", "--insecure", "--format", "oci", f"{name}@{digest}", tmp_path / "pulled")
    run(crane, "delete", "--insecure", f"{server.host}/crane/copy@{digest}")
    assert server.store.tags("crane/copy") == []


def test_oras_pushes_attaches_discovers_copies_and_pulls(server, tmp_path):
    oras = program("oras")
    (tmp_path / "hello.txt").write_text("hello")
    (tmp_path / "sbom.json").write_text("{}")
    name = f"{server.host}/oras/app"
    plain = ("--plain-http",)
    run(oras, "push", *plain, f"{name}:v1", "hello.txt:text/plain", cwd=tmp_path)
    run(
        oras,
        "attach",
        *plain,
        "--artifact-type",
        "application/x-sbom",
        f"{name}:v1",
        "sbom.json",
        cwd=tmp_path,
    )
    found = json.loads(run(oras, "discover", *plain, "--format", "json", f"{name}:v1"))
    assert [entry["artifactType"] for entry in found["referrers"]] == ["application/x-sbom"]
    run(
        oras,
        "copy",
        "-r",
        "--from-plain-http",
        "--to-plain-http",
        f"{name}:v1",
        f"{server.host}/oras/copy:v1",
    )
    run(oras, "pull", *plain, "-o", tmp_path / "out", f"{server.host}/oras/copy:v1")
    assert (tmp_path / "out" / "hello.txt").read_text() == "hello"
    assert run(oras, "repo", "tags", *plain, name).split() == ["v1"]
    run(oras, "manifest", "delete", *plain, "--force", f"{name}:v1")


def test_umoci_opens_what_the_disk_store_keeps(tmp_path, debian_layout):
    umoci, skopeo = program("umoci"), program("skopeo")
    with SandboxServer(storage=tmp_path / "store") as server:
        run(
            skopeo,
            "copy",
            "-q",
            "--dest-tls-verify=false",
            f"oci:{debian_layout}:v1",
            f"docker://{server.host}/umoci/app:v1",
        )
    (layout,) = [path.parent for path in (tmp_path / "store").rglob("oci-layout")]
    assert run(umoci, "ls", "--layout", layout).split() == ["v1"]
    history = run(umoci, "stat", "--image", f"{layout}:v1")
    assert "LAYER" in history
    shutil.copytree(layout, tmp_path / "copy")
    run(umoci, "tag", "--image", f"{tmp_path / 'copy'}:v1", "v2")
    assert sorted(run(umoci, "ls", "--layout", tmp_path / "copy").split()) == ["v1", "v2"]
