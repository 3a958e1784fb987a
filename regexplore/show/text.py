"""Numbers, sizes, dates and digests as people read them. The same words serve text and HTML."""

from __future__ import annotations

from datetime import UTC, datetime

UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
AGES = ((31_536_000, "year"), (2_592_000, "month"), (86_400, "day"), (3_600, "hour"), (60, "minute"))
MISSING = "-"


def human_bytes(size: int | None) -> str:
    """Give a size in binary units.

    Examples
    --------
    >>> human_bytes(1_234_567), human_bytes(0), human_bytes(None)
    ('1.2 MiB', '0 B', '-')
    """
    if size is None:
        return MISSING
    if abs(size) < 1024:
        return f"{size} B"
    amount = float(size)
    for unit in UNITS:
        amount /= 1024
        # From 1023.95 on it would print as 1024.0.
        if abs(amount) < 1023.95:
            return f"{amount:.1f} {unit}"
    return f"{amount:,.1f} {UNITS[-1]}"


def exact_bytes(size: int | None) -> str:
    """Give a size in binary units and in full.

    Examples
    --------
    >>> exact_bytes(1_234_567), exact_bytes(12)
    ('1.2 MiB (1,234,567 B)', '12 B')
    """
    if size is None or abs(size) < 1024:
        return human_bytes(size)
    return f"{human_bytes(size)} ({size:,} B)"


def count(number: int, noun: str) -> str:
    """Give a number with its noun in singular or plural.

    Examples
    --------
    >>> count(1, "layer"), count(1_200, "repository"), count(0, "tag")
    ('1 layer', '1,200 repositories', '0 tags')
    """
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("ry"):
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}es" if noun.endswith("x") else f"{number:,} {noun}s"


def utc_now() -> datetime:
    """Give the time against which ages are told."""
    return datetime.now(UTC)


def age(when: datetime, now: datetime | None = None) -> str:
    """Give how long ago a time was.

    Examples
    --------
    >>> age(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 3, tzinfo=UTC))
    '2 days ago'
    """
    seconds = ((now or utc_now()) - when).total_seconds()
    for length, unit in AGES:
        if abs(seconds) >= length:
            amount = count(int(abs(seconds) // length), unit)
            return f"{amount} ago" if seconds > 0 else f"in {amount}"
    return "just now"


def moment(when: datetime | None, now: datetime | None = None) -> str:
    """Give a time in UTC and its age.

    Examples
    --------
    >>> moment(datetime(2024, 1, 1, 12, 30, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC))
    '2024-01-01 12:30 UTC (2 years ago)'
    """
    if when is None:
        return MISSING
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({age(when, now)})"


def seconds(duration: float) -> str:
    """Give a duration.

    Examples
    --------
    >>> seconds(0.0123), seconds(1.24), seconds(75)
    ('12 ms', '1.2 s', '1 min 15 s')
    """
    if duration < 1:
        return f"{duration * 1000:.0f} ms"
    if duration < 60:
        return f"{duration:.1f} s"
    return f"{int(duration // 60)} min {int(duration % 60)} s"


def short_digest(digest: str) -> str:
    """Give a digest with the first 12 hex digits, for tables; the full one belongs in the tooltip.

    Examples
    --------
    >>> short_digest("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
    'sha256:44136fa355b3'
    """
    algorithm, colon, encoded = digest.partition(":")
    return f"{algorithm}{colon}{encoded[:12]}"


def short_reference(reference: str) -> str:
    """Give a reference with its digest, if it has one, cut to 12 digits: for titles, not for use.

    Examples
    --------
    >>> short_reference("localhost:5000/app@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060")
    'localhost:5000/app@sha256:44136fa355b3'
    """
    name, at, digest = reference.partition("@")
    return f"{name}{at}{short_digest(digest)}"


def cut(text: str, width: int) -> str:
    """Give ``text`` in at most ``width`` characters, an ellipsis for what was left out.

    Examples
    --------
    >>> cut("a long annotation", 8), cut("short", 8)
    ('a long …', 'short')
    """
    if len(text) <= width:
        return text
    return text[: max(width - 1, 0)] + "…"
