"""One layer: its entries, and whether its bytes are what manifest and config say.

Source: image-spec "layer.md" and "config.md" (diff_id).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from sys import intern
from typing import BinaryIO

from regexplore.content.layer_limits import DEFAULT_LIMITS, LayerLimits
from regexplore.content.store import Fetcher
from regexplore.content.tar_entries import TarEntry, TarReader
from regexplore.errors import RegexploreError
from regexplore.image.compression import unpacked
from regexplore.oci import Descriptor, Digest
from regexplore.oci.digest import new_hasher
from regexplore.remote.background_hash import BackgroundHash

# The most that is kept of one layer; package databases of large images have a few megabytes.
KEPT_BYTES = 64 << 20
# Smaller files are no programs worth a look.
LARGE_BYTES = 256 << 10
# What an entry takes in memory, measured on layers of distributions.
_ENTRY_COST = 216


@dataclass(slots=True)
class LayerListing:
    """The entries of a layer, column by column, in the order of the archive.

    A million entries fit into memory this way; `entry` gives one as a value.

    Attributes
    ----------
    descriptor : Descriptor
    names : list of str
        As in the archive; as paths from the root once they are part of a `FileSystem`.
    types : list of str
    modes, uids, gids, sizes, mtimes, offsets : array of int
    links : dict of int to str
        Target by row, for symbolic and hard links.
    diff_id : Digest or None
        Of the unpacked bytes that were read; None when they were not read to their end.
    expected : Digest or None
        What the config says it should be.
    unpacked_bytes : int
    kept : dict of int to bytes
        Content by row, of the files that were asked to be kept.
    noted : dict of int to bytes
        What `look` found in a file, by row.
    outside : dict of int to str
        Names as in the archive, by row, that lead out of the root; found when it became part of a `FileSystem`.
    error : RegexploreError or None
        Why the layer could not be read to its end; what came before is there.
    """

    descriptor: Descriptor
    expected: Digest | None = None
    names: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    modes: array[int] = field(default_factory=lambda: array("H"))
    uids: array[int] = field(default_factory=lambda: array("q"))
    gids: array[int] = field(default_factory=lambda: array("q"))
    sizes: array[int] = field(default_factory=lambda: array("q"))
    mtimes: array[int] = field(default_factory=lambda: array("q"))
    offsets: array[int] = field(default_factory=lambda: array("q"))
    links: dict[int, str] = field(default_factory=dict)
    diff_id: Digest | None = None
    unpacked_bytes: int = 0
    kept: dict[int, bytes] = field(default_factory=dict)
    noted: dict[int, bytes] = field(default_factory=dict)
    outside: dict[int, str] = field(default_factory=dict)
    error: RegexploreError | None = None

    def __len__(self) -> int:
        return len(self.names)

    @property
    def verified(self) -> bool | None:
        """Whether the bytes are those of the digest, and of the diff_id where one is known.

        None: not read to the end, so not checked.
        """
        if self.diff_id is None:
            return None
        return self.expected is None or self.diff_id == self.expected

    @property
    def problem(self) -> str:
        """What is wrong with the layer; "" when nothing is."""
        if self.error is not None:
            return f"read only up to entry {len(self)}: {self.error}"
        if self.verified is False:
            return f"unpacks to {self.diff_id}, the config says {self.expected}"
        return ""

    @property
    def cost(self) -> int:
        """Bytes that it takes in memory, roughly."""
        held = sum(map(len, self.kept.values())) + sum(map(len, self.noted.values()))
        return 1024 + _ENTRY_COST * len(self) + held

    def entry(self, row: int) -> TarEntry:
        """Return one entry as a value."""
        return TarEntry(
            self.names[row],
            self.types[row],
            self.modes[row],
            self.uids[row],
            self.gids[row],
            self.sizes[row],
            self.mtimes[row],
            self.links.get(row, ""),
            self.offsets[row],
        )

    def append(self, entry: TarEntry) -> None:
        """Add an entry."""
        if entry.link:
            self.links[len(self.names)] = entry.link
        self.names.append(entry.name)
        self.types.append(intern(entry.type))
        self.modes.append(entry.mode)
        self.uids.append(entry.uid)
        self.gids.append(entry.gid)
        self.sizes.append(entry.size)
        self.mtimes.append(entry.mtime)
        self.offsets.append(entry.offset)


def list_layer(
    store: Fetcher,
    descriptor: Descriptor,
    expected: Digest | None = None,
    limits: LayerLimits = DEFAULT_LIMITS,
    keep: Callable[[TarEntry], bool] = lambda entry: False,
    look: Callable[[Iterator[bytes]], bytes] | None = None,
) -> LayerListing:
    """List a layer, reading and checking all of it; nothing is written anywhere.

    Errors do not lose what came before them: they are in the result.

    Parameters
    ----------
    store, descriptor
        The layer, and where it is.
    expected
        Its diff_id by the image config; None when there is none to compare with.
    limits
    keep
        Which files' contents to keep on the way: small ones that are sure to be asked for, so that the layer is
        not read again.
    look
        Is shown the content of every large executable file, and gives what to note of it.
    """
    listing = LayerListing(descriptor, expected)
    try:
        with store.fetch(descriptor) as packed:
            stream = UnpackedStream(packed, descriptor, limits)
            reader = TarReader(stream.chunks(), limits)
            held = 0
            for entry in reader:
                if keep(entry) and held + entry.size <= KEPT_BYTES:
                    listing.kept[len(listing)] = b"".join(reader.body())
                    held += entry.size
                elif look is not None and entry.mode & 0o111 and entry.size >= LARGE_BYTES:
                    note = look(reader.body())
                    if note:
                        listing.noted[len(listing)] = note
                listing.append(entry)
            listing.diff_id = stream.diff_id
    except RegexploreError as error:
        listing.error = error
    else:
        listing.unpacked_bytes = stream.size
    return listing


class UnpackedStream:
    """The tar stream of a layer, hashed as it goes by.

    Hashing a chunk runs beside unpacking the next one: both let go of the interpreter.
    """

    def __init__(
        self, packed: BinaryIO, descriptor: Descriptor, limits: LayerLimits = DEFAULT_LIMITS
    ) -> None:
        self._chunks = unpacked(packed, descriptor.media_type, limits)
        self._hash = BackgroundHash(new_hasher("sha256"))
        self.size = 0

    def chunks(self) -> Iterator[bytes]:
        """Yield the stream."""
        try:
            for chunk in self._chunks:
                self._hash.update(chunk)
                self.size += len(chunk)
                yield chunk
        finally:
            self._hash.close()

    @property
    def diff_id(self) -> Digest:
        """The digest of what was read so far."""
        return self._hash.digest("sha256")
