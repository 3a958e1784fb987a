"""A credential file on disk: read whole, written atomically, for the user alone.

Everything in it that is not ours is kept as it is.

Source: docker's ``config.json``; Go ``credentials/internal/config``.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

from regexplore.errors import CredentialError, InvalidConfigFormatError
from regexplore.remote.redact import Secret

MAX_BYTES = 16 << 20
_SECTIONS: dict[str, type] = {"auths": dict, "credHelpers": dict, "credsStore": str}


class ConfigFile:
    """The top-level object of a file, and how to write it back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = _load(path)

    def section(self, name: str) -> dict[str, Any]:
        """Return a section of the file; empty when there is none."""
        found = self.content.get(name)
        return found if isinstance(found, dict) else {}

    @property
    def creds_store(self) -> str:
        """The helper for all servers; "" when there is none."""
        found = self.content.get("credsStore")
        return found if isinstance(found, str) else ""

    def save(self) -> None:
        """Write the file: complete or not at all, with mode 0600, through a link to its target.

        Raises
        ------
        CredentialError
        """
        target = self.path.resolve()
        text = json.dumps(self.content, indent="\t", sort_keys=True, ensure_ascii=False) + "\n"
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _replace(target, text.encode())
        except OSError as error:
            raise CredentialError(f"cannot write {self.path}: {error.strerror}") from None


def _replace(target: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(stat.S_IRUSR | stat.S_IWUSR)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _load(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CredentialError(f"cannot read {path}: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise InvalidConfigFormatError(f"{path} is larger than {MAX_BYTES} bytes")
    if not raw.strip():
        return {}
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        # The text of the error could quote the file, and so a secret.
        raise InvalidConfigFormatError(f"{path} is not JSON") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InvalidConfigFormatError(f"{path} is JSON, but no object")
    for name, kind in _SECTIONS.items():
        if content.get(name) is not None and not isinstance(content[name], kind):
            raise InvalidConfigFormatError(f"{path}: {name} is not of the right type")
    return {**content, "auths": _secret(content["auths"])} if content.get("auths") else content


def _secret(tree: Any) -> Any:
    """Return a tree whose texts no repr shows."""
    if isinstance(tree, dict):
        return {key: _secret(value) for key, value in tree.items()}
    return Secret(tree) if isinstance(tree, str) else tree
