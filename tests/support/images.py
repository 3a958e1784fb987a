"""A real Debian image, built here: a base system, two layers of packages, one that deletes.

Made with debootstrap and umoci, kept in the cache as an OCI layout, and pushed with skopeo as users do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from support.tools import CACHE, locked

LAYOUT = CACHE / "debian" / "layout-2"
PACKAGES = ("ca-certificates", "zlib1g-dev")
BUILD_SECONDS = 900
MIRROR_FILES = ("/etc/apt/sources.list", "/etc/apt/sources.list.d/debian.sources")


class Unavailable(Exception):
    """The image cannot be built here, and why."""


def debian_layout() -> Path:
    """Return the layout, built if it is not there yet; its references are ``v1`` and ``v2``.

    Raises
    ------
    Unavailable
    """
    with locked(CACHE / "debian.lock"):
        if not (LAYOUT / "index.json").exists():
            _check_programs()
            work = LAYOUT.with_name("work")
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True)
            try:
                _build(work)
                (work / "layout").rename(LAYOUT)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    return LAYOUT


def push(layout: Path, reference: str, target: str) -> None:
    """Push a reference of a layout with skopeo."""
    _run(
        "skopeo",
        "copy",
        "--quiet",
        "--dest-tls-verify=false",
        f"oci:{layout}:{reference}",
        f"docker://{target}",
    )


def _check_programs() -> None:
    missing = [
        name
        for name in ("debootstrap", "umoci", "skopeo", "dpkg-deb", "apt-get")
        if shutil.which(name) is None
    ]
    if missing:
        raise Unavailable(f"not installed: {', '.join(missing)}")
    if os.geteuid() != 0:
        raise Unavailable("debootstrap needs root")


def _build(work: Path) -> None:
    layout = work / "layout"
    _run("umoci", "init", "--layout", layout)
    _run("umoci", "new", "--image", f"{layout}:v1")
    bundle = work / "bundle"
    _run("umoci", "unpack", "--image", f"{layout}:v1", bundle)
    rootfs = bundle / "rootfs"
    _run("debootstrap", "--variant=minbase", f"--include={PACKAGES[0]}", "bookworm", rootfs, *_mirror())
    shutil.rmtree(rootfs / "var/cache/apt/archives", ignore_errors=True)
    _repack(layout, bundle, "v1", "debootstrap --variant=minbase bookworm")
    for package in PACKAGES[1:]:
        _unpack_package(work, rootfs, package)
        _repack(layout, bundle, "v1", f"RUN dpkg-deb -x {package}.deb /")
    (rootfs / "etc/demo.conf").write_text("made for tests\n")
    (rootfs / "etc/demo.link").symlink_to("demo.conf")
    os.link(rootfs / "etc/demo.conf", rootfs / "etc/demo.hard")
    _repack(layout, bundle, "v1", "COPY demo.conf /etc/")
    _run("umoci", "config", "--image", f"{layout}:v1", "--config.cmd", "/bin/bash", "--author", "tests")
    _run("umoci", "tag", "--image", f"{layout}:v1", "v2")
    shutil.rmtree(bundle)
    _run("umoci", "unpack", "--image", f"{layout}:v2", bundle)
    shutil.rmtree(bundle / "rootfs/usr/share/doc")
    (bundle / "rootfs/etc/demo.hard").unlink()
    _repack(layout, bundle, "v2", "RUN rm -rf /usr/share/doc /etc/demo.hard")


def _unpack_package(work: Path, rootfs: Path, package: str) -> None:
    folder = work / "debs"
    folder.mkdir(exist_ok=True)
    _run("apt-get", "download", "-qq", package, cwd=folder)
    for path in folder.glob("*.deb"):
        _run("dpkg-deb", "-x", path, rootfs)
        path.unlink()


def _repack(layout: Path, bundle: Path, tag: str, created_by: str) -> None:
    words = ("--history.created_by", created_by, "--refresh-bundle")
    _run("umoci", "repack", *words, "--image", f"{layout}:{tag}", bundle)


def _mirror() -> list[str]:
    """Return the mirror that this machine's apt uses; none for debootstrap's own default."""
    for name in MIRROR_FILES:
        path = Path(name)
        for line in path.read_text().splitlines() if path.exists() else ():
            words = line.replace("URIs:", "deb ").split()
            if line.startswith(("deb ", "URIs:")):
                found = next((word for word in words if word.startswith("http")), None)
                if found and "security" not in found:
                    return [found]
    return []


def _run(*words: object, cwd: Path | None = None) -> None:
    command = [str(word) for word in words]
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} took more than {BUILD_SECONDS} s") from None
    if done.returncode != 0:
        raise Unavailable(f"{' '.join(command)[:120]}: {(done.stderr or done.stdout).strip()[-300:]}")
