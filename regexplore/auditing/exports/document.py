"""An audit as one JSON document, and back: what a later run is compared with."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from regexplore._version import __version__
from regexplore.auditing.result import AuditResult
from regexplore.errors import PolicyError
from regexplore.frames.findings import FINDINGS, findings_frame
from regexplore.frames.origin import Origin

FORMAT = "regexplore-audit/1"
MAX_FILE_BYTES = 512 << 20


def to_json(result: AuditResult) -> str:
    """Give everything an audit found; keys sorted, missing values null, times in ISO 8601."""
    document = {
        "format": FORMAT,
        "version": __version__,
        "source": result.source,
        "taken": result.taken.isoformat(),
        "depth": result.depth,
        "complete": result.complete,
        "reasons": list(result.reasons),
        "requests": result.requests,
        "notes": list(result.notes),
        "rules": {
            rule.id: {"title": rule.title, "severity": rule.severity, "remedy": rule.remedy}
            for rule in result.rules.values()
        },
        **{name: _records(frame) for name, frame in result.frames.items()},
    }
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=True, allow_nan=False)


def load_findings(path: str | PathLike[str]) -> pd.DataFrame:
    """Read the findings of an earlier run from what `to_json` wrote.

    Raises
    ------
    PolicyError
        The file is no audit of this format.
    OSError
        The file cannot be read.
    """
    file = Path(path)
    if file.stat().st_size > MAX_FILE_BYTES:
        raise PolicyError(f"{file.name} is larger than {MAX_FILE_BYTES:,} bytes")
    try:
        document = json.loads(file.read_bytes())
        if document["format"] != FORMAT:
            raise PolicyError(f"{file.name} has the format {document['format']!r}, not {FORMAT!r}")
        rows = [{name: _text(row.get(name)) for name in FINDINGS.names} for row in document["findings"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, PolicyError):
            raise
        raise PolicyError(f"{file.name} is no audit: {error}") from None
    return findings_frame(rows, Origin(str(document.get("source", file.name))))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): _plain(value) for key, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where a text should be")
    return value
