"""CFG: how an image is run, and what its config and history give away."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regexplore.auditing.policy import Policy
from regexplore.auditing.rule import Outcome, failed, not_applicable, passed, rule
from regexplore.auditing.subjects import AuditedManifest
from regexplore.oci import media_types

_LABELS = ("source", "revision", "licenses", "version", "title")
_SENSITIVE = (
    "/",
    "/etc",
    "/proc",
    "/sys",
    "/dev",
    "/boot",
    "/lib",
    "/usr",
    "/var/run/docker.sock",
    "/run/docker.sock",
)
_SECRET_NAME = re.compile(r"PASSW|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL", re.IGNORECASE)
# Values of a shape that only secrets have.
_SECRET_VALUE = re.compile(
    r"(?:gh[pousr]_[A-Za-z0-9]{20,255}|glpat-[A-Za-z0-9_-]{20,64}|AKIA[0-9A-Z]{16}|xox[abps]-[A-Za-z0-9-]{10,80}"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----|npm_[A-Za-z0-9]{36}|AIza[0-9A-Za-z_-]{35})",
    re.ASCII,
)
_PLACEHOLDERS = frozenset(
    {"", "changeme", "change-me", "example", "none", "null", "password", "secret", "todo", "xxx"}
)
_BUILD_ARGUMENTS = re.compile(r"\|\d{1,3} ((?:[A-Za-z_][A-Za-z0-9_]*=\S{0,500} ?){1,100})", re.ASCII)
_ARG_STEP = re.compile(r"ARG ([A-Za-z_][A-Za-z0-9_]*)=(\S{1,500})", re.ASCII)
_PIPE = re.compile(
    r"\b(?:curl|wget)\b[^|;&\n]{0,500}\|\s{0,10}(?:sudo )?(?:/bin/)?(?:ba|da|z)?sh\b", re.ASCII
)
_DANGEROUS = {
    "LD_PRELOAD": None,
    "LD_AUDIT": None,
    "NODE_TLS_REJECT_UNAUTHORIZED": "0",
    "PYTHONHTTPSVERIFY": "0",
    "GIT_SSL_NO_VERIFY": None,
    "CURL_INSECURE": None,
}
_MAX_STEP = 20_000
_PACKAGE_LISTS = re.compile(
    r"/var/lib/apt/lists/[^/]{1,255}_(?:Packages|InRelease|Release)(?:\.[a-z0-9]{1,4})?"
    r"|/var/cache/apk/APKINDEX[^/]{1,255}|/var/cache/(?:dnf|yum)/.{1,255}\.(?:solv|solvx|sqlite)",
    re.ASCII,
)


@rule(
    "CFG01",
    title="runs as root",
    severity="high",
    inspects="config.User",
    source="CIS Docker 4.1; CIS-DI-0001",
    remedy="add USER with a number other than 0 to the Dockerfile",
)
def root(image: AuditedManifest, policy: Policy) -> Outcome:
    """No user, or root."""
    user = str(image.run.get("User") or "")
    if user.split(":", maxsplit=1)[0] in ("", "0", "root"):
        return failed(f"the user is {user!r}" if user else "no user is set, so it is root", "config.User")
    return passed(user)


@rule(
    "CFG02",
    title="no health check",
    severity="low",
    inspects="config.Healthcheck, which only Docker's format has",
    source="CIS Docker 4.6; CIS-DI-0006",
    remedy="add HEALTHCHECK, or probes in the orchestrator",
)
def no_health_check(image: AuditedManifest, policy: Policy) -> Outcome:
    """None, or one that is switched off."""
    check = image.run.get("Healthcheck")
    test = check.get("Test") if isinstance(check, dict) else None
    if test == ["NONE"]:
        return failed("the health check is switched off", "config.Healthcheck")
    if test:
        return passed()
    if image.config is not None and image.config.media_type == media_types.DOCKER_CONFIG:
        return failed("no health check", "config.Healthcheck")
    return not_applicable("OCI configs have no such field")


@rule(
    "CFG03",
    title="secret in the environment",
    severity="high",
    inspects="names and shapes of values in config.Env; values are never shown",
    source="CIS Docker 4.10; CIS-DI-0010",
    remedy="revoke the secret; pass secrets at run time",
)
def secret_in_environment(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """A variable that is named like a secret, or looks like one."""
    found = [
        (name, value, worse) for name, value in _environment(image) if (worse := _is_secret(name, value))
    ]
    for name, value, severity in found:
        yield failed(
            f"{name} has a value of {len(value)} characters", f"config.Env {name}", severity=severity
        )
    if not found:
        yield passed()


@rule(
    "CFG04",
    title="secret in history or build arguments",
    severity="high",
    inspects="build arguments in the history and in provenance; values are never shown",
    source="CIS Docker 4.10",
    remedy="revoke the secret; use build secrets: RUN --mount=type=secret",
)
def secret_in_history(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """A build argument that is named like a secret."""
    found = [name for name, value in _arguments(image) if _is_secret(name, value)]
    for name in dict.fromkeys(found):
        yield failed(f"the build argument {name} is kept for everybody to read", name)
    if not found:
        yield passed()


@rule(
    "CFG05",
    title="SSH exposed",
    severity="medium",
    inspects="config.ExposedPorts",
    source="CIS Docker 5.8; DS-0004",
    remedy="use exec of the container runtime instead",
)
def ssh(image: AuditedManifest, policy: Policy) -> Outcome:
    """Port 22."""
    return failed("port 22 is exposed", "config.ExposedPorts") if 22 in _ports(image) else passed()


@rule(
    "CFG06",
    title="privileged port",
    severity="info",
    inspects="config.ExposedPorts of images with a user",
    source="CIS Docker 5.8",
    remedy="listen on a port from 1024 on",
)
def low_port(image: AuditedManifest, policy: Policy) -> Outcome:
    """A port below 1024, which a user other than root may not open everywhere."""
    low = sorted(port for port in _ports(image) if port < 1024)
    if not low or str(image.run.get("User") or "").split(":")[0] in ("", "0", "root"):
        return passed()
    return failed(f"ports {', '.join(map(str, low))}, and the user is not root", "config.ExposedPorts")


@rule(
    "CFG07",
    title="sensitive volume or working directory",
    severity="high",
    inspects="config.Volumes and config.WorkingDir",
    source="DKL-DI-0002; DS-0030",
    remedy="use a directory of the application",
)
def sensitive_paths(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """A directory that belongs to the system or the host."""
    volumes = image.run.get("Volumes")
    found = [
        (path, "config.Volumes")
        for path in (volumes if isinstance(volumes, dict) else ())
        if _plain(path) in _SENSITIVE
    ]
    work = image.run.get("WorkingDir")
    if isinstance(work, str) and work and _plain(work) in _SENSITIVE[1:]:
        found.append((work, "config.WorkingDir"))
    for path, where in found:
        yield failed(f"{path} as {'volume' if where.endswith('Volumes') else 'working directory'}", where)
    if not found:
        yield passed()


@rule(
    "CFG08",
    title="ADD instead of COPY",
    severity="low",
    inspects="the history",
    source="CIS Docker 4.9; CIS-DI-0009; DS-0005",
    remedy="use COPY",
)
def add(image: AuditedManifest, policy: Policy) -> Outcome:
    """ADD unpacks and downloads; the first step of a base image may."""
    steps = _steps(image)[1:]
    found = next((step for step in steps if step.startswith("ADD ")), None)
    return failed(found[:120], "history") if found else passed()


@rule(
    "CFG09",
    title="careless package steps",
    severity="low",
    inspects="the history, and package lists that were left where the files were read",
    source="CIS Docker 4.7; DKL-DI-0003 to 0005; DS-0017",
    remedy="update and install in one step, without upgrade, and clean up after it",
)
def package_steps(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """An update alone, a dist-upgrade, an index that is kept."""
    found = [(told, step) for step in _steps(image) if (told := _careless(step))]
    for told, step in found[:10]:
        yield failed(f"{told}: {step[:100]}", "history")
    left = _lists_left(image)
    if left:
        yield failed(f"{len(left)} package lists were left: {left[0]}", left[0])
    if not found and not left:
        yield passed()


@rule(
    "CFG10",
    title="sudo, or a script from the network",
    severity="medium",
    inspects="the history",
    source="DKL-DI-0001; DS-0010; CIS Docker 4.11",
    remedy="download, check a digest, then run",
)
def unchecked_code(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """``sudo``, or a download piped into a shell."""
    found = [step for step in _steps(image) if re.search(r"(?:^|[ ;&|])sudo ", step) or _PIPE.search(step)]
    for step in found[:10]:
        yield failed(step[:120], "history")
    if not found:
        yield passed()


@rule(
    "CFG11",
    title="no labels that say what it is",
    severity="low",
    inspects="org.opencontainers.image.* labels and annotations",
    source="OCI annotations",
    remedy="label source, revision, version, title and licenses",
)
def no_labels(image: AuditedManifest, policy: Policy) -> Outcome:
    """Neither source, nor revision, licence, version or title."""
    said = {**image.labels, **image.annotations}
    there = [name for name in _LABELS if said.get(f"org.opencontainers.image.{name}")]
    return passed(", ".join(there)) if there else failed(f"none of {', '.join(_LABELS)}", "labels")


@rule(
    "CFG12",
    title="dangerous environment",
    severity="medium",
    inspects="variables that switch off checks or load code, proxies with a password",
    source="hadolint; trivy",
    remedy="remove the variable",
)
def dangerous_environment(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """Certificates are not checked, or a library is loaded into everything."""
    found = [name for name, value in _environment(image) if _is_dangerous(name, value)]
    for name in found:
        yield failed(f"{name} is set", f"config.Env {name}")
    if not found:
        yield passed()


@rule(
    "CFG13",
    title="entry point through a shell",
    severity="info",
    inspects="config.Entrypoint",
    source="hadolint DL3025",
    remedy="write the entry point as a list",
)
def shell_entry(image: AuditedManifest, policy: Policy) -> Outcome:
    """``/bin/sh -c``: signals do not reach the program."""
    entry = image.run.get("Entrypoint")
    shell = isinstance(entry, list) and entry[:2] in (["/bin/sh", "-c"], ["/bin/bash", "-c"], ["sh", "-c"])
    return failed("the entry point is a shell command line", "config.Entrypoint") if shell else passed()


RULES = (
    root,
    no_health_check,
    secret_in_environment,
    secret_in_history,
    ssh,
    low_port,
    sensitive_paths,
    add,
    package_steps,
    unchecked_code,
    no_labels,
    dangerous_environment,
    shell_entry,
)


def _environment(image: AuditedManifest) -> Iterator[tuple[str, str]]:
    entries = image.run.get("Env")
    for entry in entries[:1_000] if isinstance(entries, list) else ():
        name, _, value = str(entry).partition("=")
        yield name[:200], value[:_MAX_STEP]


def _arguments(image: AuditedManifest) -> Iterator[tuple[str, str]]:
    for step in _steps(image):
        for found in _BUILD_ARGUMENTS.finditer(step):
            for pair in found[1].split():
                name, _, value = pair.partition("=")
                yield name, value
        for found in _ARG_STEP.finditer(step):
            yield found[1], found[2]
    for one in image.all_evidence:
        if one.provenance is not None:
            yield from one.provenance.arguments.items()


def _steps(image: AuditedManifest) -> list[str]:
    history = image.config.history if image.config is not None else ()
    return [step.created_by[:_MAX_STEP].removeprefix("/bin/sh -c #(nop) ").strip() for step in history]


def _is_secret(name: str, value: str) -> str:
    """Give how bad it is when a variable is a secret; "" when it is none."""
    if _SECRET_VALUE.search(value):
        return "critical"
    plain = value.strip("\"'").lower()
    refers = value.startswith(("$", "/")) or name.upper().endswith("_FILE")
    return "high" if _SECRET_NAME.search(name) and plain not in _PLACEHOLDERS and not refers else ""


def _ports(image: AuditedManifest) -> set[int]:
    exposed = image.run.get("ExposedPorts")
    found = (str(port).partition("/")[0] for port in (exposed if isinstance(exposed, dict) else ()))
    return {int(port) for port in found if port.isascii() and port.isdigit() and len(port) <= 5}


def _plain(path: str) -> str:
    return str(path).rstrip("/") or "/"


def _careless(step: str) -> str:
    if re.search(r"\bapt(?:-get)? (?:-\S+ )*dist-upgrade", step):
        return "a dist-upgrade"
    if re.search(r"\bapt(?:-get)? (?:-\S+ )*update", step) and not re.search(
        r"\binstall\b|\bupgrade\b", step
    ):
        return "an update alone"
    if re.search(r"\bapk add (?!.*--no-cache)", step) and "rm -rf /var/cache/apk" not in step:
        return "apk keeps its index"
    return ""


def _lists_left(image: AuditedManifest) -> list[str]:
    """Give the indexes of package managers that are still there; none where the files were not read."""
    if image.files is None:
        return []
    system = image.files.system
    return sorted(
        path
        for path, (layer, row) in system.present()
        if _PACKAGE_LISTS.fullmatch(path) and system.layers[layer].sizes[row] > 0
    )


def _is_dangerous(name: str, value: str) -> bool:
    if name in _DANGEROUS:
        return bool(value) and _DANGEROUS[name] in (None, value)
    return name.lower() in ("http_proxy", "https_proxy") and "@" in value
