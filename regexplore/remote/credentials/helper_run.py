"""Running a credential helper: held to a time and to an amount of output, with everything that it starts.

Source: docker's credential helper protocol.
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from regexplore.errors import HelperError

MAX_OUTPUT = 128 << 10
NOT_FOUND = "credentials not found in native keychain"

# How often to look whether a helper ended whose grandchild keeps its output open, in seconds.
_LOOK = 0.05


def run_helper(program: str, action: str, standard_input: bytes, timeout: float) -> bytes:
    """Run a helper in a process group of its own and return what it printed.

    Raises
    ------
    HelperError
        It is missing, failed, took too long, or printed too much.
    """
    path = _path(program)
    printed, written = os.pipe()
    try:
        process = _start([path, action], standard_input, written)
    except BaseException:
        os.close(printed)
        raise
    finally:
        # The helper has an end of its own.
        os.close(written)
    try:
        output, ended = _read(process, printed, time.monotonic() + timeout)
    finally:
        os.close(printed)
        _end_group(process)
    if len(output) > MAX_OUTPUT:
        raise HelperError(f"{program} {action}: printed more than {MAX_OUTPUT} bytes")
    if not ended:
        raise HelperError(f"{program} {action}: no answer within {timeout:g} s")
    if process.returncode != 0:
        raise HelperError(f"{program} {action}: {_reason(output, process.returncode)}")
    return output


def _path(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        hint = "Install it, or change credsStore / credHelpers in the configuration."
        if program.endswith(".exe"):
            hint = "Under WSL, start Docker Desktop or remove credsStore from the configuration."
        raise HelperError(f"{program} is not on PATH", hint=hint)
    if not Path(path).is_absolute():
        # Whoever can write into the working folder would get the secrets.
        raise HelperError(
            f"{program} was found in a folder that PATH names relatively",
            hint="Name folders in PATH absolutely, without the working folder.",
        )
    return path


def _start(command: list[str], standard_input: bytes, output: int) -> subprocess.Popen[bytes]:
    with tempfile.TemporaryFile() as given:
        given.write(standard_input)
        given.seek(0)
        try:
            return subprocess.Popen(  # noqa: S603
                command, stdin=given, stdout=output, stderr=subprocess.DEVNULL, start_new_session=True
            )
        except OSError as error:
            raise HelperError(f"{command[0]} cannot be run: {error.strerror}") from None


def _read(process: subprocess.Popen[bytes], printed: int, deadline: float) -> tuple[bytes, bool]:
    """Return what a process prints, up to just over the limit, and whether it ended in time.

    The end of the process counts, not that of its output: a grandchild could keep that open.
    """
    output = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(printed, selectors.EVENT_READ)
        while len(output) <= MAX_OUTPUT:
            over = process.poll() is not None
            left = deadline - time.monotonic()
            if selector.select(0 if over else max(0.0, min(left, _LOOK))):
                part = os.read(printed, MAX_OUTPUT + 1 - len(output))
                output += part
                if not part:
                    return bytes(output), _ends(process, deadline)
            elif over or left <= 0:
                return bytes(output), over
    return bytes(output), False


def _ends(process: subprocess.Popen[bytes], deadline: float) -> bool:
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _reason(output: bytes, status: int) -> str:
    """Return why a helper failed: only the words of the protocol, for anything else could be a secret."""
    text = output.decode("utf-8", "replace").strip()
    if text == NOT_FOUND:
        return NOT_FOUND
    return f"failed with exit status {status}"
