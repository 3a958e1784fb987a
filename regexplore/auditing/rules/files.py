"""FS: what lies in the layers, what later layers only hide included."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from regexplore.auditing.policy import Policy
from regexplore.auditing.rule import Outcome, failed, not_applicable, passed, rule, unknown
from regexplore.auditing.subjects import AuditedManifest, FileView
from regexplore.content.tar_entries import BLOCKDEVICE, CHARACTER, DIRECTORY, FIFO, FILE, HARDLINK, SYMLINK
from regexplore.errors import RegexploreError
from regexplore.image.file_system import DELETED, Place

MAX_TOLD = 20
_SECRET_FILES = re.compile(
    r"(?:^|/)(?:\.ssh/id_[a-z0-9_]{1,40}|id_(?:rsa|dsa|ecdsa|ed25519)(?:_[a-z0-9_]{1,40})?|\.git-credentials|\.netrc|\.pgpass|\.env"
    r"|\.aws/credentials|\.docker/config\.json|\.kube/config|[^/]{1,100}\.(?:p12|pfx|jks|keystore))$",
    re.ASCII,
)
# What files hold that may hold a secret, by their names.
_SECRET_BODIES = (
    (
        (".pem", ".key"),
        re.compile(rb"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----"),
        "holds a private key",
    ),
    ((".npmrc",), re.compile(rb"_(?:authToken|auth|password)\s{0,10}="), "holds a token of npm"),
    ((".pypirc",), re.compile(rb"(?m)^\s{0,10}password\s{0,10}[=:]"), "holds a password of PyPI"),
)
_MANAGERS = ("apt", "apt-get", "dpkg", "apk", "dnf", "yum", "microdnf", "rpm", "zypper", "pacman")
_SHELLS = ("sh", "bash", "dash", "ash", "zsh", "busybox")
_PROGRAM_FOLDERS = ("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/")
# Scripts of dpkg itself, and what package managers of languages keep account of.
_OTHER_MANAGERS = re.compile(
    r"^/var/lib/(?:dpkg|rpm)/|^/lib/apk/|/(?:site|dist)-packages/|/node_modules/", re.ASCII
)
# Where package managers never write (Filesystem Hierarchy Standard 3.0).
_UNMANAGED = ("/usr/local/", "/opt/", "/home/", "/root/", "/srv/", "/app/", "/tmp/")  # noqa: S108


@rule(
    "FS01",
    title="programs that run as their owner",
    severity="medium",
    needs="files",
    inspects="setuid and setgid bits",
    source="CIS Docker 4.8; CIS-DI-0008",
    remedy="remove the bits: chmod a-s",
)
def setuid(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """A regular file with setuid or setgid."""
    yield from _each(image, lambda kind, mode: kind == FILE and bool(mode & 0o6000), "mode {mode:o}")


@rule(
    "FS02",
    title="files that everybody may write to",
    severity="medium",
    needs="files",
    inspects="modes of files and directories",
    source="CIS host rules",
    remedy="chmod o-w, or set the sticky bit",
)
def world_writable(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """Writable for all; directories with the sticky bit may be."""

    def open_to_all(kind: str, mode: int) -> bool:
        sticky = kind == DIRECTORY and bool(mode & 0o1000)
        return kind in (FILE, DIRECTORY) and bool(mode & 0o002) and not sticky

    yield from _each(image, open_to_all, "mode {mode:o}")


@rule(
    "FS03",
    title="file with a secret",
    severity="high",
    needs="files",
    inspects="names of files, deleted ones included; of .pem, .key, .npmrc and .pypirc what they hold; never shown",
    source="CIS-DI-0010; DKL-LI-0003",
    remedy="revoke it, and build without it",
)
def secret_files(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """Private keys, credentials, and the like."""
    view = _view(image)
    if view is None:
        yield unknown(image.files_problem or "the layers were not read")
        return
    found = {path: told for path, place, _ in _everything(view) if (told := _secret_in(view, path, place))}
    for path, told in sorted(found.items())[:MAX_TOLD]:
        yield failed(f"{path} {told}", path)
    if not found:
        yield passed()


@rule(
    "FS04",
    title="deleted secret that is still there",
    severity="high",
    needs="files",
    inspects="files that a later layer deletes",
    source="image-spec v1.1, layer.md (whiteouts)",
    remedy="revoke it; a later layer hides a file and does not remove it",
)
def hidden_secrets(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """Whoever has the layer has the file."""
    view = _view(image)
    if view is None:
        yield unknown(image.files_problem or "the layers were not read")
        return
    found = [
        (path, place)
        for path, place, state in view.system.hidden
        if state == DELETED and _secret_in(view, path, place)
    ]
    for path, (layer, _) in found[:MAX_TOLD]:
        yield failed(f"{path} was deleted by a later layer, layer {layer + 1} still holds it", path)
    if not found:
        yield passed()


@rule(
    "FS05",
    title="account without a password, or two names for one user",
    severity="high",
    needs="files",
    inspects="/etc/shadow and /etc/passwd",
    source="DKL-LI-0001; DKL-LI-0002",
    remedy="lock the account: passwd -l",
)
def accounts(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """An empty password field, a user id or name twice."""
    view = _view(image)
    if view is None:
        yield unknown(image.files_problem or "the layers were not read")
        return
    shadow, users = _table(view, "/etc/shadow"), _table(view, "/etc/passwd")
    if shadow is None and users is None:
        yield not_applicable("neither /etc/shadow nor /etc/passwd")
        return
    empty = [row[0] for row in shadow or () if len(row) > 1 and row[1] == ""]
    for name in empty[:MAX_TOLD]:
        yield failed(f"{name} has no password", "/etc/shadow")
    numbers = Counter(row[2] for row in users or () if len(row) > 2)
    twice = [number for number, count in numbers.items() if count > 1]
    for number in twice[:MAX_TOLD]:
        names = ", ".join(row[0] for row in users or () if len(row) > 2 and row[2] == number)
        yield failed(f"user id {number} has several names: {names}", "/etc/passwd")
    same = sorted(name for name, count in Counter(row[0] for row in users or ()).items() if count > 1)
    for name in same[:MAX_TOLD]:
        yield failed(f"the user {name} is there twice", "/etc/passwd")
    if not empty and not twice and not same:
        yield passed()


@rule(
    "FS06",
    title="devices, and names that lead out",
    severity="critical",
    needs="files",
    inspects="types, names and link targets of entries",
    source="image-spec v1.1, layer.md; CVE-2007-4559; CVE-2025-4517",
    remedy="do not unpack it with a tool you do not trust",
)
def escapes(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """Device nodes, and names or hard links that leave the root."""
    view = _view(image)
    if view is None:
        yield unknown(image.files_problem or "the layers were not read")
        return
    count = 0
    for problem in view.system.problems[:MAX_TOLD]:
        count += 1
        yield failed(problem, problem.split(";")[0])
    for path, (layer, row), _ in _everything(view):
        listing = view.system.layers[layer]
        kind, link = listing.types[row], listing.links.get(row, "")
        if kind in (CHARACTER, BLOCKDEVICE, FIFO) and count < MAX_TOLD:
            count += 1
            yield failed(f"{path} is a {kind}", path, severity="medium" if path.startswith("/dev/") else "")
        elif kind == HARDLINK and (".." in link.split("/")) and count < MAX_TOLD:
            count += 1
            yield failed(f"{path} is a hard link to {link}", path)
    if not count:
        yield passed()


@rule(
    "FS07",
    title="package manager or shell present",
    severity="info",
    needs="files",
    inspects="programs in the usual folders",
    source="CIS Docker 4.3; CIS-DI-0003",
    remedy="use a distroless base",
)
def tools(image: AuditedManifest, policy: Policy) -> Outcome:
    """What an intruder would use first."""
    view = _view(image)
    if view is None:
        return unknown(image.files_problem or "the layers were not read")
    wanted = {f"{folder}{name}": name for folder in _PROGRAM_FOLDERS for name in (*_MANAGERS, *_SHELLS)}
    found = sorted({wanted[path] for path, _ in view.system.present() if path in wanted})
    return failed(f"there are {', '.join(found)}", found[0]) if found else passed()


@rule(
    "FS08",
    title="programs that no package manager knows",
    severity="info",
    needs="files",
    inspects="executable files against the lists of files of dpkg, apk and rpm; without lists, by their folders",
    source="CIS-DI-0011; CIS Docker 4.11; Filesystem Hierarchy Standard",
    remedy="list them in the SBOM, with digest and origin",
)
def unpackaged(image: AuditedManifest, policy: Policy) -> Outcome:
    """No package owns them; where no list says who owns what, those below /usr/local, /opt, /app and the like."""
    view = _view(image)
    if view is None:
        return unknown(image.files_problem or "the layers were not read")
    if not view.databases:
        return not_applicable("no package database to compare with")
    found = [
        path
        for path, (layer, row) in view.system.present()
        if view.system.layers[layer].modes[row] & 0o111
        and view.system.layers[layer].types[row] == FILE
        and (
            path not in view.owned and not _OTHER_MANAGERS.search(path)
            if view.owned
            else path.startswith(_UNMANAGED)
        )
    ]
    how = "that no package owns" if view.owned else "outside of the package manager's folders"
    if not found:
        return passed(f"no executables {how}")
    return failed(f"{len(found)} executables {how}: {', '.join(sorted(found)[:5])}", min(found))


RULES = (
    setuid,
    world_writable,
    secret_files,
    hidden_secrets,
    accounts,
    escapes,
    tools,
    unpackaged,
)


def _view(image: AuditedManifest) -> FileView | None:
    return image.files


def _each(image: AuditedManifest, bad: object, told: str) -> Iterator[Outcome]:
    """Tell every present path whose type and mode are bad, up to `MAX_TOLD`, and how many more there are."""
    view = _view(image)
    if view is None:
        yield unknown(image.files_problem or "the layers were not read")
        return
    found = []
    for path, (layer, row) in view.system.present():
        listing = view.system.layers[layer]
        if bad(listing.types[row], listing.modes[row]):  # type: ignore[operator]
            found.append((path, listing.modes[row]))
    found.sort()
    for path, mode in found[:MAX_TOLD]:
        yield failed(f"{path}: {told.format(mode=mode)}", path)
    if len(found) > MAX_TOLD:
        yield failed(f"and {len(found) - MAX_TOLD:,} more")
    if not found:
        yield passed()


def _everything(view: FileView) -> Iterator[tuple[str, Place, str]]:
    for path, place in view.system.present():
        yield path, place, "present"
    yield from view.system.hidden


def _secret_in(view: FileView, path: str, place: Place) -> str:
    """Tell why a file is a secret: by its name, or by what it holds; "" when it is none that is known."""
    if _SECRET_FILES.search(path) is not None:
        return "is named like a secret"
    for endings, pattern, told in _SECRET_BODIES:
        if path.endswith(endings):
            layer, row = place
            content = view.system.layers[layer].kept.get(row, b"")
            return told if pattern.search(content) else ""
    return ""


def _table(view: FileView, path: str) -> list[list[str]] | None:
    try:
        if view.system.entry(path).type == SYMLINK:
            return None
        text = view.read(path).decode("utf-8", "replace")
    except RegexploreError:
        return None
    return [line.split(":") for line in text.splitlines()[:10_000] if line and not line.startswith("#")]
