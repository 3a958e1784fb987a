"""LAY: what layers cost, and what cannot be looked into."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from regexplore.auditing.policy import Policy
from regexplore.auditing.rule import Outcome, failed, passed, rule, unknown
from regexplore.auditing.subjects import AuditedManifest
from regexplore.errors import SizeExceedsLimitError
from regexplore.image.waste import waste_of

DENSE_FROM = 1 << 20
LAST_TIME = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


@rule(
    "LAY01",
    title="wasted bytes",
    severity="low",
    needs="files",
    inspects="files that later layers overwrite or delete",
    source="dive",
    remedy="clean up in the step that makes the mess",
)
def waste(image: AuditedManifest, policy: Policy) -> Outcome:
    """Bytes that every pull carries and nobody sees."""
    if image.files is None:
        return unknown(image.files_problem or "the layers were not read")
    found = waste_of(image.files.system)
    share = found.wasted_bytes / found.carried_bytes if found.carried_bytes else 0.0
    told = f"{found.wasted_bytes:,} of {found.carried_bytes:,} bytes"
    if share > policy.waste_share and found.wasted_bytes > policy.waste_bytes:
        return failed(f"{told}: {found.paths[0][0]} most of all", found.paths[0][0])
    return passed(told)


@rule(
    "LAY02",
    title="layer that unpacks to very much",
    severity="medium",
    needs="files",
    inspects="unpacked size over packed size",
    source="decompression bombs",
    remedy="look into it with limits; nothing useful is that dense",
)
def dense(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """Hundreds of times its size, or more than is ever unpacked."""
    if image.files is None:
        yield unknown(image.files_problem or "the layers were not read")
        return
    count = 0
    for number, listing in enumerate(image.files.system.layers, 1):
        ratio = listing.unpacked_bytes / max(listing.descriptor.size, 1)
        if isinstance(listing.error, SizeExceedsLimitError):
            count += 1
            yield failed(f"layer {number} was given up: {listing.error}", listing.descriptor.digest)
        elif ratio > policy.compression_ratio and listing.unpacked_bytes > DENSE_FROM:
            count += 1
            told = f"layer {number} unpacks to {ratio:,.0f} times its size, {listing.unpacked_bytes:,} bytes"
            yield failed(told, listing.descriptor.digest)
    if not count:
        yield passed()


@rule(
    "LAY03",
    title="too many or huge layers",
    severity="info",
    needs="manifest",
    inspects="number and size of layers",
    source="limits of overlay file systems",
    remedy="join steps",
)
def too_many(image: AuditedManifest, policy: Policy) -> Outcome:
    """More than runtimes can stack, or larger than they like."""
    if len(image.layers) > policy.layers:
        return failed(f"{len(image.layers)} layers", image.digest)
    large = next((layer for layer in image.layers if layer.size > policy.layer_bytes), None)
    return (
        failed(f"a layer of {large.size:,} bytes", large.digest)
        if large
        else passed(f"{len(image.layers)} layers")
    )


@rule(
    "LAY04",
    title="hints that it cannot be built again alike",
    severity="info",
    needs="config",
    inspects="creation time of the config, and times of files where they were read",
    source="reproducible-builds.org, SOURCE_DATE_EPOCH",
    remedy="build with SOURCE_DATE_EPOCH, and rewrite the times of files to it; set the clock",
)
def not_reproducible(image: AuditedManifest, policy: Policy) -> Iterator[Outcome]:
    """A time from the clock of the builder, files younger than the image, or a time that has not come yet."""
    if image.config is None:
        yield unknown(image.config_problem or "the config was not read")
        return
    created, digest = image.config.created, image.config.descriptor.digest
    hints = [*_hints_of(created, policy.moment)]
    latest = (
        max((max(one.mtimes, default=0) for one in image.files.system.layers), default=0)
        if image.files
        else 0
    )
    if LAST_TIME > latest > policy.moment.timestamp():
        hints.append(f"a file of {datetime.fromtimestamp(latest, UTC):%Y-%m-%d}, which has not come yet")
    elif created is not None and LAST_TIME > latest > created.timestamp() > 0:
        hints.append(
            f"a file of {datetime.fromtimestamp(latest, UTC):%Y-%m-%d %H:%M:%S}, younger than the image"
        )
    for hint in hints:
        yield failed(hint, digest)
    if not hints:
        yield passed("" if image.files is not None else "files were not read")


@rule(
    "LAY05",
    title="encrypted layer",
    severity="info",
    needs="manifest",
    inspects="media types of layers",
    source="ocicrypt",
    remedy="audit it where the key is; nothing in it was looked at here",
)
def encrypted(image: AuditedManifest, policy: Policy) -> Outcome:
    """Only the holder of a key can look into it."""
    found = next((layer for layer in image.layers if layer.media_type.endswith("+encrypted")), None)
    return failed("nothing in it can be looked at", found.digest) if found else passed()


RULES = (waste, dense, too_many, not_reproducible, encrypted)


def _hints_of(created: datetime | None, moment: datetime) -> Iterator[str]:
    if created is None:
        return
    if created > moment:
        yield f"created on {created:%Y-%m-%d}, which has not come yet"
    elif created.microsecond:
        # SOURCE_DATE_EPOCH has whole seconds.
        yield f"created at {created:%Y-%m-%d %H:%M:%S.%f}, by the clock of the builder"
