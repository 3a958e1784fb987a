"""Other tools push to, read from and delete from the embedded registry without a warning."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from regexplore.sandbox import SandboxServer

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed"),
    pytest.mark.skipif(shutil.which("umoci") is None, reason="umoci is not installed"),
]


def run(*command, **options):
    """Run a program that must succeed and say nothing on stderr; return what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)
    assert (done.returncode, done.stderr) == (0, ""), (command, done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """An OCI image of one layer, in a layout."""
    directory = tmp_path_factory.mktemp("image")
    layout = directory / "layout"
    file = directory / "hello.txt"
    file.write_text("hello\n" * 10_000)
    run("umoci", "init", "--layout", str(layout))
    run("umoci", "new", "--image", f"{layout}:v1")
    subprocess.run(
        ["umoci", "insert", "--rootless", "--image", f"{layout}:v1", str(file), "/hello.txt"],
        capture_output=True,
        timeout=60,
        check=True,
    )
    return f"oci:{layout}:v1"


@pytest.mark.parametrize("auth", [None, "basic", "token"])
@pytest.mark.parametrize("profile", ["oci", "distribution-2.8", "docker-hub", "harbor"])
def test_skopeo_copies_lists_and_inspects(image, tmp_path, profile, auth):
    with SandboxServer(profile, auth=auth) as server:
        target = f"docker://{server.host}/demo/app"
        login = ["--creds", "demo:demo"] if auth else []
        to = ["--dest-creds", "demo:demo"] if auth else []
        back = ["--src-creds", "demo:demo"] if auth else []
        run("skopeo", "copy", "--dest-tls-verify=false", *to, image, f"{target}:v1")
        tags = json.loads(run("skopeo", "list-tags", "--tls-verify=false", *login, target))
        assert tags["Tags"] == ["v1"]
        seen = json.loads(run("skopeo", "inspect", "--tls-verify=false", *login, f"{target}:v1"))
        assert len(seen["Layers"]) == 1
        run("skopeo", "copy", "--src-tls-verify=false", *back, f"{target}:v1", f"oci:{tmp_path / 'back'}:v1")
        assert not [record for record in server.log if record.status >= 500 or record.status == 0]


@pytest.mark.parametrize("storage", ["memory", "disk"])
def test_skopeo_mounts_what_another_repository_has_and_deletes(image, tmp_path, storage):
    with SandboxServer(storage=tmp_path / "store" if storage == "disk" else None) as server:
        for name in ("demo/app", "demo/other"):
            run("skopeo", "copy", "--dest-tls-verify=false", image, f"docker://{server.host}/{name}:v1")
        run("skopeo", "delete", "--tls-verify=false", f"docker://{server.host}/demo/other:v1")
        assert server.store.tags("demo/other") == []
        assert server.store.tags("demo/app") == ["v1"]


def test_skopeo_trusts_the_throw_away_authority(image, tmp_path):
    with SandboxServer(tls=True) as server:
        authority = tmp_path / "certificates"
        authority.mkdir()
        shutil.copy(server.ca_path, authority / "ca.crt")
        target = f"docker://{server.host}/demo/app:v1"
        run("skopeo", "copy", "--dest-cert-dir", str(authority), image, target)
        assert server.store.tags("demo/app") == ["v1"]
