"""Commands that look at references, and inside of images."""

from __future__ import annotations

import json

import pytest

import regexplore as rx
from regexplore import cli, errors


@pytest.fixture
def app(demo):
    return f"{demo.host}/demo/app"


def test_the_version(run):
    done = run("--version")
    assert (done.exit_code, done.output) == (0, f"regexplore {rx.__version__}\n")


def test_show_gives_the_card_or_the_very_bytes(run, demo, app):
    served = demo.registry["demo/app"].get("v1.2").document
    assert served.descriptor.digest in run("show", f"{app}:v1.2").output
    assert run("show", f"{app}:v1.2", "--raw").stdout_bytes == served.raw


@pytest.mark.parametrize("name", ["svg", "png", "html", "dot", "json"])
def test_a_graph_is_saved_in_the_form_of_its_ending(run, app, tmp_path, name):
    done = run("graph", f"{app}:v1.2", "--output", tmp_path / f"graph.{name}")
    assert done.exit_code == 0
    assert f"graph.{name}" in done.stderr
    assert done.stdout == ""
    begins = {"svg": b"<", "png": b"\x89PNG", "html": b"<!DOCTYPE html>", "dot": b"digraph", "json": b"{"}
    assert (tmp_path / f"graph.{name}").read_bytes().startswith(begins[name])


def test_pictures_of_bytes_are_not_for_a_terminal(run, app):
    done = run("graph", f"{app}:v1.2", "--format", "png")
    assert done.exit_code == 2
    assert "--output FILE.png" in " ".join(done.output.replace("│", " ").split())


def test_a_tree_and_referrers(run, app):
    assert "SPDX SBOM" in run("tree", f"{app}:v1.2").output
    told = run("referrers", f"{app}:v1.2", "--artifact-type", "application/spdx+json").output
    assert told.count("application/spdx+json") == 1


def test_a_file_as_it_is(run, app):
    done = run("cat", f"{app}:v1.2", "/etc/os-release", "--platform", "linux/amd64")
    assert done.exit_code == 0
    assert done.stdout_bytes == rx.get(f"{app}:v1.2")["linux/amd64"].read("/etc/os-release")


def test_packages_of_one_platform(run, app):
    told = run("packages", f"{app}:v1.2", "--platform", "linux/amd64")
    assert told.exit_code == 0
    assert "openssl" in told.output


def test_two_releases_inside(run, app):
    told = run("diff", f"{app}:v1.1", f"{app}:v1.2", "--inside", "--platform", "linux/amd64")
    assert told.exit_code == 0
    head, packages, files = told.output.split("\n\n", 1)[0], "\npackages\n", "\nfiles\n"
    assert "3 of 4 layers shared" in head
    assert told.output.index(packages) < told.output.index(files)


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        (["cat", "{app}:v1.2", "/etc/os-release"], "is an index", "--platform: linux/amd64, linux/arm64/v8"),
        (["packages", "{host}/demo/chart:1.0.0"], "is no image", "regexplore show tells what it is"),
        (["show", "{app}:not-there"], "manifest unknown", ""),
    ],
)
def test_what_cannot_be_is_an_error_with_a_hint(demo, app, capsys, monkeypatch, words, said, hint):
    typed = [word.format(app=app, host=demo.host) for word in words]
    monkeypatch.setattr("sys.argv", ["regexplore", *typed])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capsys.readouterr()
    assert ended.value.code == 1
    assert (told.out, said in told.err, hint in told.err) == ("", True, True)
    assert "Traceback" not in told.err


def test_a_reader_that_had_enough_is_no_failure(monkeypatch):
    def closed():
        raise BrokenPipeError

    class Stream:
        closed = False

        def close(self):
            self.closed = True

    stream = Stream()
    monkeypatch.setattr(cli, "app", closed)
    monkeypatch.setattr("sys.stderr", stream)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code, stream.closed) == (0, True)


def test_a_copy_that_lacks_something_ends_with_an_error(run, demo, tmp_path):
    whole = run(
        "copy", f"{demo.host}/demo/app", "v1.2", tmp_path / "whole", "--referrers", "--name", "release"
    )
    assert whole.exit_code == 0
    assert rx.Layout(tmp_path / "whole").tags()["tag"].tolist() == ["release"]
    lacking = run("copy", f"{demo.host}/troubles/missing-layer", "v0.2", tmp_path / "part")
    assert lacking.exit_code == 1
    assert isinstance(lacking.exception, SystemExit | errors.RegexploreError)


def test_login_and_logout(run, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with rx.Sandbox(auth="basic") as private:
        refused = run("login", private.host, "--username", "demo", "--password-stdin", input="wrong\n")
        assert isinstance(refused.exception, errors.RegexploreError)
        assert not (tmp_path / "config.json").exists()
        asked = run("login", private.host, "--username", "demo", "--plain-text", input="demo\n")
        assert (asked.exit_code, asked.stderr) == (0, "")
        assert f"logged in to {private.host} as demo" in asked.stdout
        assert "demo\n" not in asked.stdout.replace("as demo\n", "")
        assert private.host in json.loads((tmp_path / "config.json").read_text())["auths"]
        assert run("repositories", private.host).exit_code == 0
        assert run("logout", private.host).output == f"forgot the credentials of {private.host}\n"
    assert private.host not in json.loads((tmp_path / "config.json").read_text()).get("auths", {})
    with rx.Sandbox() as public:
        told = run("login", public.host, "--username", "x", "--password-stdin", "--plain-text", input="y\n")
    assert "saved unverified" in told.stderr
