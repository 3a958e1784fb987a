"""Waivers: failures that somebody answers for, until a day.

They are data, never code: a TOML or JSON file with a list ``waivers``. An expired waiver waives nothing, and one
that fits nothing is told of, so that no list of exceptions grows old unseen.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from regexplore.auditing.rule import FAIL, WAIVED
from regexplore.errors import PolicyError

MAX_FILE_BYTES = 4 << 20
MAX_WAIVERS = 10_000
MAX_TEXT = 1_000
_FIELDS = {"rule", "reference", "digest", "reason", "by", "expires"}


@dataclass(frozen=True, slots=True)
class Waiver:
    """A failure that is put up with.

    Attributes
    ----------
    rule : str
        Id of the rule.
    reason, by : str
        Why, and who answers for it.
    expires : date
        The last day it holds (UTC).
    reference : str
        A glob over the finding's reference; everything by default.
    digest : str
        Only for this manifest; "" for any.
    """

    rule: str
    reason: str
    by: str
    expires: date
    reference: str = "*"
    digest: str = ""

    def __post_init__(self) -> None:
        for field in ("rule", "reason", "by"):
            if not getattr(self, field):
                raise PolicyError(f"a waiver for {self.rule or 'no rule'} has no {field}")

    def fits(self, finding: Mapping[Hashable, Any]) -> bool:
        """Whether it speaks of a finding."""
        if finding["rule"] != self.rule or (self.digest and finding["digest"] != self.digest):
            return False
        reference = finding["reference"]
        return isinstance(reference, str) and fnmatchcase(reference, self.reference)


def load_waivers(path: str | PathLike[str]) -> tuple[Waiver, ...]:
    """Read waivers from a TOML or JSON file.

    Raises
    ------
    PolicyError
        The file is no list of waivers; the message names the entry and the field.
    OSError
        The file cannot be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> text = '''[[waivers]]
    ... rule = "CFG01"
    ... reference = "*/demo/app:*"
    ... reason = "drops its rights itself"
    ... by = "ops@example.com"
    ... expires = 2027-01-31
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "waivers.toml")
    ...     _ = file.write_text(text)
    ...     load_waivers(file)[0].expires
    datetime.date(2027, 1, 31)
    """
    file = Path(path)
    if file.stat().st_size > MAX_FILE_BYTES:
        raise PolicyError(f"{file.name} is larger than {MAX_FILE_BYTES:,} bytes")
    try:
        text = file.read_text("utf-8")
        content = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{file.name} cannot be read: {error}") from None
    entries = content.get("waivers") if isinstance(content, dict) else content
    if not isinstance(entries, list) or len(entries) > MAX_WAIVERS:
        raise PolicyError(f"{file.name} has no list `waivers` of at most {MAX_WAIVERS:,} entries")
    return tuple(_waiver(entry, f"{file.name}, waiver {n}") for n, entry in enumerate(entries, 1))


def waive(
    findings: pd.DataFrame, waivers: Sequence[Waiver], today: date | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """Mark failures that a waiver fits as ``waived``.

    Parameters
    ----------
    findings
        As in `regexplore.frames.findings.FINDINGS`; not changed.
    waivers
        Of several that fit the first that has not expired counts.
    today
        In UTC; now by default.

    Returns
    -------
    findings : pandas.DataFrame
    notes : list of str
        Waivers that have expired though they would be needed, and waivers that fit nothing.
    """
    day = today or datetime.now(UTC).date()
    changed, used, missed = findings.copy(), set[Waiver](), dict[Waiver, None]()
    for row, finding in zip(changed.index, findings.to_dict("records"), strict=True):
        if finding["status"] != FAIL:
            continue
        fitting = [waiver for waiver in waivers if waiver.fits(finding)]
        valid = next((waiver for waiver in fitting if waiver.expires >= day), None)
        used.update(fitting)
        if valid is None:
            missed.update(dict.fromkeys(fitting))
            continue
        changed.loc[row, ["status", "message"]] = [WAIVED, _words(finding["message"], valid)]
    notes = [f"the waiver of {one.rule} for {one.reference} expired on {one.expires}" for one in missed]
    unused = [one for one in waivers if one not in used]
    return changed, notes + [f"the waiver of {one.rule} for {one.reference} fits nothing" for one in unused]


def _words(message: object, waiver: Waiver) -> str:
    said = f"{message}; " if isinstance(message, str) else ""
    return f"{said}waived by {waiver.by} until {waiver.expires}: {waiver.reason}"


def _waiver(entry: object, where: str) -> Waiver:
    if not isinstance(entry, dict):
        raise PolicyError(f"{where} is {type(entry).__name__}, not a table")
    _refuse(where, "has a field that is not known", set(entry) - _FIELDS)
    texts = {key: entry[key] for key in _FIELDS - {"expires"} if key in entry}
    _refuse(
        where,
        "has a field that is no short text",
        {key for key, text in texts.items() if not isinstance(text, str) or len(text) > MAX_TEXT},
    )
    _refuse(where, "lacks", {"rule", "reason", "by", "expires"} - set(entry))
    try:
        return Waiver(**texts, expires=_day(entry["expires"]))
    except (PolicyError, ValueError) as error:
        raise PolicyError(f"{where}: {error}") from None


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _refuse(where: str, what: str, fields: Iterable[str]) -> None:
    named = ", ".join(sorted(map(str, fields)))
    if named:
        raise PolicyError(f"{where} {what}: {named}")
