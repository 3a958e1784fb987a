"""What an audit is to demand: whom to trust, how old is old. Data, never code.

Source: rules name the limits they use; defaults follow CIS Docker Benchmark, NTIA minimum elements and dive.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

from regexplore.errors import PolicyError
from regexplore.evidence.trust import Trust

MAX_FILE_BYTES = 4 << 20
MAX_ENTRIES = 10_000

END_OF_LIFE: Mapping[str, date] = MappingProxyType(
    {
        "alpine-3.16": date(2024, 5, 23),
        "alpine-3.17": date(2024, 11, 22),
        "alpine-3.18": date(2025, 5, 9),
        "centos-6": date(2020, 11, 30),
        "centos-7": date(2024, 6, 30),
        "centos-8": date(2021, 12, 31),
        "debian-7": date(2018, 5, 31),
        "debian-8": date(2020, 6, 30),
        "debian-9": date(2022, 6, 30),
        "debian-10": date(2024, 6, 30),
        "debian-11": date(2026, 8, 31),
        "debian-12": date(2028, 6, 30),
        "debian-13": date(2030, 6, 30),
        "ubuntu-14.04": date(2019, 4, 25),
        "ubuntu-16.04": date(2021, 4, 30),
        "ubuntu-18.04": date(2023, 5, 31),
        "ubuntu-20.04": date(2025, 5, 31),
        "ubuntu-22.04": date(2027, 4, 30),
        "ubuntu-24.04": date(2029, 4, 30),
    }
)
"""Last days of public support, as their projects announced them; a policy may bring its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the rules compare with.

    Attributes
    ----------
    trust : Trust
        Against what signatures are checked, and whose count.
    builders : tuple of str
        Globs of builder ids whose provenance counts; rule PRV04 is unknown without.
    base_registries : tuple of str
        Globs of hosts that base images may come from; the audited registry may always; BAS04 is unknown without.
    denied_licences : tuple of str
        SPDX ids.
    end_of_life : mapping of str to date
        By ``id-version``, as in os-release.
    max_age_days, max_scan_age_days : int
        Of images, and of scans for vulnerabilities.
    sbom_share : float
        How many of an SBOM's packages must have name, version, supplier and purl or CPE, from 0 to 1.
    waste_share : float
        How much of an image's files may be waste.
    waste_bytes, layer_bytes : int
        Less waste than this is none; a larger layer is told.
    layers : int
    compression_ratio : int
    now : datetime or None
        When ages are judged; now by default.

    Examples
    --------
    >>> policy = rx.Policy(base_registries=("registry.example",), max_age_days=30)
    >>> rx.audit(repo, depth="manifest", policy=policy, progress=None).complete
    True
    """

    trust: Trust = field(default_factory=Trust)
    builders: tuple[str, ...] = ()
    base_registries: tuple[str, ...] = ()
    denied_licences: tuple[str, ...] = ()
    end_of_life: Mapping[str, date] = field(default_factory=lambda: END_OF_LIFE)
    max_age_days: int = 90
    max_scan_age_days: int = 30
    sbom_share: float = 0.9
    waste_share: float = 0.1
    waste_bytes: int = 10_000_000
    layer_bytes: int = 5_000_000_000
    layers: int = 127
    compression_ratio: int = 200
    now: datetime | None = None

    @property
    def moment(self) -> datetime:
        """When ages are judged."""
        return self.now or datetime.now(UTC)


_TEXTS = ("builders", "base_registries", "denied_licences")
_NUMBERS = ("max_age_days", "max_scan_age_days", "waste_bytes", "layer_bytes", "layers", "compression_ratio")
_SHARES = ("sbom_share", "waste_share")


def load_policy(path: str | PathLike[str], trust: Trust | None = None) -> Policy:
    """Read a policy from a TOML file, with the names of `Policy`'s attributes.

    Trust is not part of the file: keys and roots are named in code, or on the command line.

    Raises
    ------
    PolicyError
        The file is no policy; names the field.
    OSError
        The file cannot be read.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "policy.toml")
    ...     _ = file.write_text('builders = ["https://ci.example/*"]' + chr(10) + "max_age_days = 30")
    ...     load_policy(file).max_age_days
    30
    """
    file = Path(path)
    if file.stat().st_size > MAX_FILE_BYTES:
        raise PolicyError(f"{file.name} is larger than {MAX_FILE_BYTES:,} bytes")
    try:
        tree = tomllib.loads(file.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{file.name} cannot be read: {error}") from None
    known = {one.name for one in fields(Policy)} - {"trust", "now"}
    strange = sorted(set(tree) - known)
    if strange:
        raise PolicyError(f"{file.name} has fields that are not known: {', '.join(strange)}")
    return Policy(
        trust=trust or Trust(), **{key: _value(key, value, file.name) for key, value in tree.items()}
    )


def any_glob(value: str, globs: tuple[str, ...]) -> bool:
    """Whether a text fits one of some globs."""
    return any(fnmatchcase(value, glob) for glob in globs)


def _value(key: str, value: Any, name: str) -> Any:
    if key in _TEXTS:
        if (
            isinstance(value, list)
            and len(value) <= MAX_ENTRIES
            and all(isinstance(one, str) for one in value)
        ):
            return tuple(value)
        raise PolicyError(f"{name}: {key} is no list of texts")
    if key in _NUMBERS and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if key in _SHARES and isinstance(value, int | float) and 0 <= value <= 1:
        return float(value)
    if key == "end_of_life" and isinstance(value, dict) and all(type(day) is date for day in value.values()):
        return value
    raise PolicyError(f"{name}: {key} is {value!r}, which cannot be")
