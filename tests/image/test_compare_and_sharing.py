"""Two images side by side, what tags share, build steps, and the commands for them."""

import subprocess
import sys

import pytest
from conftest import program
from hypothesis import given
from hypothesis import strategies as st

import regexplore as rx
from regexplore import errors
from regexplore.frames import comparison as schemas
from regexplore.frames.sharing import SHARED_CONTENT, SHARING
from regexplore.image.build_steps import build_step, dockerfile
from regexplore.image.packages.apk import read_apk
from regexplore.image.packages.dpkg import read_dpkg
from regexplore.image.packages.languages import read_node, read_python
from regexplore.image.packages.os_release import OsRelease, read_os_release
from regexplore.image.packages.rpm import read_rpm
from regexplore.image.packages.versions import later


@pytest.fixture(scope="module")
def demo():
    with rx.Sandbox.demo() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def bases(demo):
    base = demo.registry.repository("demo/base")
    return base.get("12.0")["linux/amd64"], base.get("12.1")["linux/amd64"]


def test_one_package_apart(bases):
    compared = rx.compare(*bases)
    packages = compared.packages()
    assert list(packages.columns) == schemas.PACKAGE_CHANGES.names
    assert packages.values.tolist() == [["openssl", "deb", "up", "3.0.6-1", "3.0.15-1"]]
    back = rx.compare(*reversed(bases)).packages()
    assert back["change"].tolist() == ["down"]
    files = compared.files()
    assert files["path"].tolist() == ["/usr/bin/openssl", "/var/lib/dpkg/status"]
    assert set(files["what"]) == {"content"}
    assert files.attrs["complete"]


def test_the_same_image_twice(bases):
    compared = rx.compare(bases[0], bases[0])
    assert compared.files().empty
    assert compared.packages().empty
    assert compared.shared_layers == len(compared.layers)
    assert "same image" in str(compared)


def test_layers_are_shared_from_the_base_on(demo):
    nightly = demo.registry.repository("demo/nightly")
    compared = rx.compare(nightly.get("2025.01"), nightly.get("2025.02"))
    assert compared.layers["shared"].tolist() == [True, True, True, False]
    assert set(compared.files()["path"]) == {"/app/config.toml", "/app/main.py"}
    assert "3 of 4 layers shared" in compared._repr_mimebundle_()["text/html"]


def test_added_removed_and_replaced(demo):
    app = demo.registry.repository("demo/app").get("v1.2")["linux/amd64"]
    base = demo.registry.repository("demo/base").get("12.0")["linux/amd64"]
    files = rx.compare(base, app).files()
    assert (files["change"] == "added").sum() > 3
    assert files.loc[files["change"] == "added", "bytes"].gt(0).any()
    assert set(rx.compare(base, app).packages()["change"]) == {"added"}
    steps = rx.compare(base, app).history
    assert steps["change"].iloc[0] == "same"
    assert "only in b" in set(steps["change"])


def test_an_index_is_no_image(demo):
    app = demo.registry.repository("demo/app")
    with pytest.raises(errors.UnsupportedError) as caught:
        rx.compare(app.get("v1.1"), app.get("v1.2"))
    assert "platform" in caught.value.hint


@pytest.fixture(scope="module")
def without_a_package(debian_layout, tmp_path_factory):
    """The Debian image again, one package less."""
    umoci = program("umoci")
    folder = tmp_path_factory.mktemp("without")
    run("skopeo", "copy", "-q", f"oci:{debian_layout}:v1", f"oci:{folder / 'l'}:v1")
    run(umoci, "unpack", "--image", f"{folder / 'l'}:v1", folder / "b")
    root = folder / "b" / "rootfs"
    listed = (root / "var/lib/dpkg/info/logsave.list").read_text().split("\n")
    # /sbin and its kin are links to directories below /usr.
    real = root.resolve()
    paths = [(root / path[1:]) for path in listed if path and not (root / path[1:]).is_dir()]
    files = {f"/{(path.parent.resolve() / path.name).relative_to(real)}" for path in paths}
    run("dpkg", f"--root={root}", "--force-depends", "-P", "logsave")
    run(umoci, "repack", "--image", f"{folder / 'l'}:v3", folder / "b")
    return folder / "l", files


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-600:]
    return done.stdout


@pytest.mark.interop
def test_two_debian_images_one_package_apart(without_a_package):
    path, files = without_a_package
    layout = rx.Layout(path)
    compared = rx.compare(layout.get("v1"), layout.get("v3"))
    packages = compared.packages()
    assert packages[["name", "change"]].values.tolist() == [["logsave", "removed"]]
    found = compared.files()
    gone = found[(found["change"] == "removed") & (found["type"] != "directory")]
    removed = set(gone["path"])
    bookkeeping = {path for path in removed if path.startswith("/var/lib/dpkg/")}
    assert removed - bookkeeping == files
    assert bookkeeping == {f"/var/lib/dpkg/info/logsave.{kind}" for kind in ("list", "md5sums")}
    others = set(found.loc[found["change"] != "removed", "path"])
    assert all(path.startswith(("/var/lib/dpkg/", "/var/log/")) for path in others), others


# ---- sharing -------------------------------------------------------------------------------------


def test_what_tags_share(demo):
    nightly = demo.registry.repository("demo/nightly")
    before = len(demo.log)
    shared = rx.sharing(nightly, progress=None)
    asked = [record.path for record in list(demo.log)[before:]]
    assert not any("/blobs/" in path for path in asked)
    assert shared.complete
    tags = shared.tags
    assert list(tags.columns) == SHARING.names
    assert len(tags) == 13
    assert (tags["total"] == tags["shared"] + tags["unique"]).all()
    content = shared.content
    assert list(content.columns) == SHARED_CONTENT.names
    assert content["size"].sum() + content["saved"].sum() == tags["total"].sum()
    latest = tags[tags["reference"].str.endswith("latest")].iloc[0]
    assert latest["unique"] == 0
    assert latest["same_as"].endswith("2025.12")


def test_what_a_deletion_frees(demo):
    nightly = demo.registry.repository("demo/nightly")
    shared = rx.sharing(nightly, match="2025.0*", progress=None)
    names = shared.tags["reference"].tolist()
    assert shared.freed_by(names[0]) == shared.tags["unique"].iloc[0]
    assert shared.freed_by(*names) == shared.content["size"].sum()
    with pytest.raises(KeyError):
        shared.freed_by("none")


def test_several_repositories_and_the_picture(demo):
    shared = rx.sharing(
        demo.registry.repository("demo/app"),
        demo.registry.repository("demo/base"),
        match="[v1]*",
        progress=None,
    )
    assert {name.split("/")[2].split(":")[0] for name in shared.tags["reference"]} == {"app", "base"}
    page = shared._repr_mimebundle_()["text/html"]
    assert "█" in page
    assert "saved by sharing" in page


def test_a_tag_that_cannot_be_read_makes_it_partial(demo):
    shared = rx.sharing(demo.registry.repository("troubles/missing-layer"), progress=None)
    assert len(shared.tags) == 2
    broken = rx.sharing(demo.registry.repository("troubles/two-meanings"), progress=None)
    assert len(broken.tags) >= 1


# ---- build steps ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ('/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'),
        ("/bin/sh -c #(nop) ADD file:" + "a" * 64 + " in / ", "ADD … /"),
        ("/bin/sh -c apt-get update && apt-get install -y x", "RUN apt-get update && apt-get install -y x"),
        ("RUN /bin/sh -c pip install x # buildkit", "RUN pip install x"),
        ("RUN |2 A=1 B=two /bin/sh -c make all # buildkit", "RUN make all"),
        ("|1 A=1 /bin/sh -c make", "RUN make"),
        ("COPY app /app # buildkit", "COPY app /app"),
        ("ENV PATH=/usr/bin", "ENV PATH=/usr/bin"),
        ("WORKDIR /app", "WORKDIR /app"),
        ("debootstrap bookworm", "debootstrap bookworm"),
        ("", ""),
    ],
)
def test_steps_made_readable(line, step):
    assert str(build_step(line)) == step


@given(st.text(max_size=300))
def test_any_line_is_a_step(line):
    assert isinstance(str(build_step(line)), str)


def test_the_dockerfile_says_that_it_is_approximate(demo):
    text = demo.registry.repository("demo/app").get("v1.2")["linux/amd64"].dockerfile()
    assert text.startswith("# Approximate")
    assert "FROM demo/base:12" in text
    assert "\nCOPY " in text or "\nRUN " in text
    assert dockerfile([]).endswith("FROM scratch\n")


def test_t1_a_step_cannot_break_out_of_its_line():
    from regexplore.oci import HistoryEntry

    entry = HistoryEntry(created_by="RUN a\nFROM evil\r\n# x")
    assert "\nFROM evil" not in dockerfile([entry])


# ---- databases -----------------------------------------------------------------------------------

DEBIAN = OsRelease("debian", "12")


def test_dpkg():
    status = b"""Package: a
Status: install ok installed
Version: 1:2.0-1
Architecture: amd64
Description: one
 two

Package: gone
Status: deinstall ok config-files
Version: 1

Package: distroless
Version: 3
"""
    found = list(read_dpkg(status, "/var/lib/dpkg/status", DEBIAN))
    assert [(package.name, package.version) for package in found] == [("a", "1:2.0-1"), ("distroless", "3")]
    assert found[0].purl == "pkg:deb/debian/a@1:2.0-1?arch=amd64&distro=debian-12"


def test_apk():
    database = b"C:Q1\nP:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\nm:Me <me@example>\n\nP:\nV:1\n\n"
    (found,) = read_apk(database, "/lib/apk/db/installed", OsRelease("alpine", "3.20"))
    assert (found.name, found.version, found.licence, found.supplier) == (
        "musl",
        "1.2.4-r2",
        "MIT",
        "Me <me@example>",
    )
    assert found.purl.startswith("pkg:apk/alpine/musl@1.2.4-r2")


def rpm_database(tmp_path, headers):
    import sqlite3

    path = tmp_path / "rpmdb.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(header,) for header in headers])
    connection.commit()
    connection.close()
    return path.read_bytes()


def rpm_header(**tags):
    import struct

    numbers = {"name": 1000, "version": 1001, "release": 1002, "epoch": 1003, "licence": 1014, "arch": 1022}
    index, data = b"", b""
    for name, value in tags.items():
        if isinstance(value, int):
            data += bytes(-len(data) % 4)
            index += struct.pack(">IIII", numbers[name], 4, len(data), 1)
            data += struct.pack(">I", value)
        else:
            index += struct.pack(">IIII", numbers[name], 6, len(data), 1)
            data += value.encode() + b"\0"
    return struct.pack(">II", len(tags), len(data)) + index + data


def test_rpm(tmp_path):
    content = rpm_database(
        tmp_path,
        [
            rpm_header(
                name="bash", version="5.2", release="1.fc40", arch="x86_64", licence="GPL-3.0-or-later"
            ),
            rpm_header(name="openssl", version="3", release="2", epoch=1),
            rpm_header(name="gpg-pubkey", version="1", release="1"),
        ],
    )
    found = list(read_rpm(content, "/usr/lib/sysimage/rpm/rpmdb.sqlite", OsRelease("fedora", "40")))
    assert [(package.name, package.version) for package in found] == [
        ("bash", "5.2-1.fc40"),
        ("openssl", "1:3-2"),
    ]
    assert found[0].purl == "pkg:rpm/fedora/bash@5.2-1.fc40?arch=x86_64&distro=fedora-40"


def test_an_rpm_database_of_an_older_format_is_said_to_be_one():
    with pytest.raises(errors.UnsupportedError):
        list(read_rpm(b"\x00\x05\x31\x62", "/var/lib/rpm/Packages", DEBIAN))


@given(st.binary(max_size=300))
def test_t25_any_database_gives_packages_or_a_named_error(content):
    for reader in (read_dpkg, read_apk, read_rpm, read_python, read_node):
        for start in (b"", b"SQLite format 3\0", b'{"name": "x", "version": '):
            try:
                for package in reader(start + content, "/x", DEBIAN):
                    assert isinstance(package.purl, str)
            except errors.RegexploreError as error:
                assert error.hint
    assert isinstance(read_os_release(content).distro, str)


def test_languages():
    (python,) = read_python(
        b"Metadata-Version: 2.1\nName: requests\nVersion: 2.33\nLicense: Apache-2.0\n\nName: no",
        "/x/METADATA",
        DEBIAN,
    )
    assert python.purl == "pkg:pypi/requests@2.33"
    (node,) = read_node(
        b'{"name": "@types/node", "version": "1.0.0", "license": "MIT"}', "/x/package.json", DEBIAN
    )
    assert node.purl == "pkg:npm/%40types/node@1.0.0"
    assert list(read_node(b'{"type": "module"}', "/x", DEBIAN)) == []


@pytest.mark.parametrize(
    ("kind", "before", "after", "is_later"),
    [
        ("deb", "1.0", "1.1", True),
        ("deb", "1.9", "1.10", True),
        ("deb", "1.0~rc1", "1.0", True),
        ("deb", "1.0", "1.0~rc1", False),
        ("deb", "2.0-1", "1:1.0-1", True),
        ("deb", "1.0-1", "1.0-1+b1", True),
        ("deb", "1.0a", "1.0", False),
        ("deb", "1.0", "1.0", None),
        ("rpm", "3.0-1.el9", "3.0-2.el9", True),
        ("npm", "1.0.0-beta", "1.0.0", None),
        ("npm", "1.2.3", "1.10.0", True),
    ],
)
def test_which_version_is_later(kind, before, after, is_later):
    assert later(kind, before, after) is is_later


@pytest.mark.interop
@given(
    st.from_regex(r"[0-9][0-9a-z.+~]{0,6}(-[0-9a-z.+~]{1,4})?", fullmatch=True),
    st.from_regex(r"[0-9][0-9a-z.+~]{0,6}(-[0-9a-z.+~]{1,4})?", fullmatch=True),
)
def test_versions_of_debian_are_ordered_as_dpkg_orders_them(before, after):
    def dpkg(relation):
        return (
            subprocess.run(["dpkg", "--compare-versions", before, relation, after], check=False).returncode
            == 0
        )

    expected = True if dpkg("lt") else False if dpkg("gt") else None
    assert later("deb", before, after) is expected


# ---- commands ------------------------------------------------------------------------------------


def command(*words):
    program = [sys.executable, "-c", "from regexplore.cli import main; main()"]
    return subprocess.run([*program, *words], capture_output=True, text=True, check=False)


def test_commands_that_look_inside(demo, tmp_path):
    image = f"{demo.host}/demo/app:v1.2"
    refused = command("files", image)
    assert refused.returncode == 1
    assert "linux/arm64" in refused.stderr
    listed = command("files", image, "--platform", "linux/amd64", "--match", "/etc/*")
    assert "/etc/os-release" in listed.stdout
    assert "Demo Linux" in command("cat", f"{demo.host}/demo/web:v2.0", "/etc/os-release").stdout
    assert "openssl" in command("packages", f"{demo.host}/demo/web:v2.0").stdout
    compared = command(
        "diff",
        "--inside",
        "--platform",
        "linux/amd64",
        f"{demo.host}/demo/base:12.0",
        f"{demo.host}/demo/base:12.1",
    )
    assert "3.0.15-1" in compared.stdout
    assert command("diff", f"{demo.host}/demo/app:v1.1", f"{demo.host}/demo/app:v1.2").returncode == 0
    copied = command("copy", f"{demo.host}/demo/web", "v2.0", str(tmp_path / "layout"), "--referrers")
    assert "complete" in copied.stdout
    assert rx.Layout(tmp_path / "layout").tags()["tag"].tolist() == ["v2.0"]
