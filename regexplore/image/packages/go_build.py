"""Go programs: the modules they were built from, which the linker writes into every binary.

Source: Go ``debug/buildinfo`` (format since Go 1.18).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from regexplore.errors import LayerError
from regexplore.image.packages.package import Package

MAGIC = b"\xff Go buildinf:"
MAX_BYTES = 1 << 20
# ELF, PE, Mach-O in its two widths.
_PROGRAMS = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")
_HEADER = 32
_INLINE = 2
_SENTINEL = 16


def find_build_info(parts: Iterable[bytes]) -> bytes:
    """Return what a program holds from its build information on, up to a megabyte; b"" for other files.

    Reads no further than it has to, and nothing behind the first bytes of what is no program.
    """
    tail, found = b"", b""
    for n, part in enumerate(parts):
        if n == 0 and not part.startswith(_PROGRAMS):
            return b""
        if found:
            found += part
        else:
            tail += part
            at = tail.find(MAGIC)
            found = tail[at:] if at >= 0 else b""
            # The mark may lie across two parts.
            tail = tail[-len(MAGIC) :]
        if len(found) >= MAX_BYTES:
            break
    return found[:MAX_BYTES]


def read_go(content: bytes, path: str) -> Iterator[Package]:
    """Yield the modules that a program was built from, its own and the standard library included.

    Raises
    ------
    LayerError
        The information cannot be read, or is in the format of before Go 1.18.
    """
    if len(content) < _HEADER or not content[15] & _INLINE:
        raise LayerError(f"{path} was built by a Go older than 1.18, whose build information is not read")
    version, rest = _string(content[_HEADER:], path)
    modules, _ = _string(rest, path)
    yield Package("stdlib", version.decode("utf-8", "replace").removeprefix("go"), "golang", path)
    lines = modules[_SENTINEL:-_SENTINEL].decode("utf-8", "replace").splitlines()
    pending: Package | None = None
    for line in lines:
        word, *fields = line.split("\t")
        if word == "=>" and fields:
            # A replacement takes the place of the module before it.
            pending = _module(fields, path)
            continue
        if pending is not None:
            yield pending
            pending = None
        if word in ("mod", "dep") and fields:
            pending = _module(fields, path)
    if pending is not None:
        yield pending


def _module(fields: list[str], path: str) -> Package:
    namespace, _, name = fields[0].rpartition("/")
    version = fields[1] if len(fields) > 1 else ""
    return Package(name, "" if version == "(devel)" else version, "golang", path, namespace=namespace)


def _string(content: bytes, path: str) -> tuple[bytes, bytes]:
    """Read a text with its length in front, and return what follows it."""
    length = shift = 0
    for n, byte in enumerate(content[:10]):
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            start = n + 1
            if start + length > len(content):
                break
            return content[start : start + length], content[start + length :]
    raise LayerError(f"the build information of {path} is broken")
