"""The file systems of the demo: a small distribution, a Python application on it, a web server.

Layers that do not depend on the architecture are shared by all platforms.
"""

from __future__ import annotations

from functools import cache

from regexplore.oci import Platform
from regexplore.sandbox.demo.layers import Entry, Layer, binary, layer, opaque, text, whiteout
from regexplore.sandbox.demo.packages import APPLICATION, BASE, PYTHON, Package, dist_info, dpkg_status

AMD64 = Platform("linux", "amd64")
ARM64 = Platform("linux", "arm64", "v8")
PLATFORMS = (AMD64, ARM64)

_OS_RELEASE = """PRETTY_NAME="Demo Linux 12"
NAME="Demo Linux"
ID=demo
VERSION_ID="12"
HOME_URL="https://demo.example/"
"""


@cache
def base_layer(platform: Platform, packages: tuple[Package, ...] = BASE) -> Layer:
    """Return the distribution: os-release, a package database, a few programs and links."""
    arch = platform.architecture
    return layer(
        f"ADD rootfs-{arch}.tar / # buildkit",
        text("etc/os-release", _OS_RELEASE),
        text("etc/passwd", "root:x:0:0:root:/root:/bin/bash\napp:x:1000:1000::/app:/usr/sbin/nologin\n"),
        text("etc/motd", "Welcome to Demo Linux.\n"),
        text("var/lib/dpkg/status", dpkg_status(packages, arch)),
        binary("usr/bin/bash", 96_000, f"bash {arch}"),
        Entry("usr/bin/sh", link="bash"),
        binary("usr/bin/openssl", 64_000, f"openssl {arch} {packages[-2].version}"),
        Entry("usr/bin/c_rehash", link="usr/bin/openssl", hard=True),
        binary(f"usr/lib/{arch}/libc.so.6", 120_000, f"libc {arch}"),
        Entry("root", mode=0o700),
        Entry("tmp", mode=0o1777),
    )


@cache
def python_layer(platform: Platform) -> Layer:
    """Return Python on top of the distribution; the package database is written again, whole."""
    arch = platform.architecture
    return layer(
        "RUN apt-get install -y python3 # buildkit",
        binary("usr/bin/python3.11", 140_000, f"python {arch}"),
        Entry("usr/bin/python3", link="python3.11"),
        binary(f"usr/lib/{arch}/libsqlite3.so.0", 48_000, f"sqlite {arch}"),
        text("var/lib/dpkg/status", dpkg_status((*BASE, *PYTHON), arch)),
        text("var/cache/apt/pkgcache.bin", "cache " * 4_000),
    )


@cache
def dependencies_layer() -> Layer:
    """Return the application's dependencies: the same for every platform."""
    folder = "usr/lib/python3/dist-packages"
    entries = []
    for package in APPLICATION:
        entries.append(text(f"{folder}/{package.name}/__init__.py", f'__version__ = "{package.version}"\n'))
        metadata = f"{folder}/{package.name}-{package.version}.dist-info/METADATA"
        entries.append(text(metadata, dist_info(package)))
    return layer("RUN pip install -r requirements.txt # buildkit", *entries)


@cache
def application_layer(version: str) -> Layer:
    """Return the application itself: the same for every platform; it cleans up below itself."""
    return layer(
        "COPY app /app # buildkit",
        text(
            "app/main.py",
            f'VERSION = "{version}"\n\n\ndef hello() -> str:\n    return f"hello from {{VERSION}}"\n',
        ),
        text("app/config.toml", f'[app]\nversion = "{version}"\nport = 8000\n'),
        text("app/start.sh", "#!/bin/sh\nexec python3 /app/main.py\n", 0o755),
        whiteout("etc/motd"),
    )


def wasteful_layers(platform: Platform) -> list[Layer]:
    """Return layers that add, overwrite, delete and hide, one after the other."""
    arch = platform.architecture
    return [
        layer(
            "COPY site /srv/site # buildkit",
            *(text(f"srv/site/{n}.html", f"<p>page {n}</p>\n" * 200) for n in range(8)),
        ),
        layer(
            "RUN build-assets # buildkit",
            binary("srv/assets.bin", 200_000, f"assets {arch}"),
            text("srv/site/0.html", "new\n"),
        ),
        layer("RUN rm /srv/assets.bin # buildkit", whiteout("srv/assets.bin")),
        layer(
            "COPY new-site /srv/site # buildkit",
            opaque("srv/site"),
            text("srv/site/index.html", "<h1>new</h1>\n"),
        ),
    ]
