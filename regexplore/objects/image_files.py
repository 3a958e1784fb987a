"""The inside of an image: its layers listed once, concurrently, and questions answered from that."""

from __future__ import annotations

import io
from collections.abc import Callable, Hashable, Mapping, Sequence
from threading import Lock
from typing import Any, BinaryIO, Protocol

from regexplore.content.once import Once
from regexplore.content.pool import map_bounded
from regexplore.content.store import Fetcher
from regexplore.errors import (
    LayerError,
    NotFoundError,
    NotSeekableError,
    RegexploreError,
    SizeExceedsLimitError,
)
from regexplore.image.file_reader import LayerFile
from regexplore.image.file_system import FileSystem
from regexplore.image.kept_files import is_kept
from regexplore.image.layer import LayerListing, list_layer
from regexplore.image.packages import find_build_info
from regexplore.image.soci import SociTable, read_ztoc
from regexplore.image.table_of_contents import TableOfContents, read_table, table_kind
from regexplore.oci import Descriptor, Digest
from regexplore.show.progress import Progress, Show

MAX_READ_BYTES = 64 << 20
# Unpacking is work for the processor: more at once than it has cores gain nothing.
WORKERS = 4

Wanted = tuple[Descriptor, Digest | None]
SharedListings = Once[Wanted, LayerListing]


class WorkedOut(Protocol):
    """Remembers what was worked out from content that never changes."""

    def worked_out(self, key: Hashable, /) -> Any:
        """Give what is remembered; None if nothing is."""

    def keep_worked_out(self, key: Hashable, value: Any, cost: int, /) -> None:
        """Remember something that costs so many bytes."""


class VerifiedContent(io.BytesIO):
    """The content of a file that was checked before it was handed out."""

    verified = True


class ImageFiles:
    """The layers of one image, and what is in them.

    Parameters
    ----------
    store
        Where the layers are.
    layers
        Their descriptors, base first, each with the diff_id that the config names for it.
    lazy
        Use the table of contents of layers that have one, and read no more than that.
    beside
        Gives the tables (ztoc) that an index beside the image has for its layers; asked when a layer has none.
    memory
        Remembers the listings of layers for other images of the repository, and for the same one asked for again.
    """

    def __init__(
        self,
        store: Fetcher,
        layers: Sequence[Wanted],
        *,
        lazy: bool = False,
        beside: Callable[[], Mapping[Digest, Descriptor]] = dict,
        memory: WorkedOut | None = None,
    ) -> None:
        self._store = store
        self._lazy = lazy
        self._shared: SharedListings | None = None
        self._beside = beside
        self._memory = memory
        self._tables: dict[Digest, TableOfContents | SociTable] = {}
        self._wanted = tuple(layers)
        self._lock = Lock()
        self._listings: dict[Digest, LayerListing] = {}
        self._broken: dict[Digest, LayerListing] = {}
        self._merged: FileSystem | None = None
        self._ztocs: Mapping[Digest, Descriptor] | None = None

    def share(self, listings: SharedListings) -> None:
        """Take listings of layers from here, and give them: images that are read together share most of theirs."""
        self._shared = listings

    def file_system(self, progress: Show = True) -> FileSystem:
        """Return the merged file system; reading all layers is done once.

        What could not be read is told by each layer's ``problem``; an interrupted reading is not kept.
        """
        if self._merged is not None:
            return self._merged
        merged = FileSystem(self.listings(progress))
        if all(listing.error is None for listing in merged.layers):
            self._merged = merged
        return merged

    def listings(self, progress: Show = True) -> list[LayerListing]:
        """Return the listings of all layers, base first."""
        missing = [wanted for wanted in self._wanted if wanted[0].digest not in self._listings]
        if missing:
            self._list(missing, progress)
        return [self._listing(wanted) for wanted in self._wanted]

    def listing(self, number: int, progress: Show = True) -> LayerListing:
        """Return the listing of one layer, by its number from 1.

        Raises
        ------
        NotFoundError
            There is no such layer.
        """
        if not 1 <= number <= len(self._wanted):
            raise NotFoundError(
                f"there is no layer {number}", hint=f"The layers are numbered 1 to {len(self._wanted)}."
            )
        wanted = self._wanted[number - 1]
        if wanted[0].digest not in self._listings:
            self._list([wanted], progress)
        return self._listing(wanted)

    def open(self, path: str, *, verify: bool = False) -> BinaryIO:
        """Open a file; symbolic and hard links are followed.

        Raises
        ------
        NotFoundError, UnsupportedError
            It is not there, or is no file.
        RegexploreError
            Its layer could not be fetched.
        """
        files = self.file_system()
        try:
            layer, row = files.content(path)
        except NotFoundError as error:
            broken = [listing.problem for listing in files.layers if listing.error is not None]
            if broken:
                raise LayerError(f"{error}; but not all layers could be read: {broken[0]}") from None
            raise
        table = self._tables.get(files.layers[layer].descriptor.digest)
        if table is not None:
            # Checked against the table, which was checked against the manifest.
            return VerifiedContent(table.content(self._store, row))
        return LayerFile(self._store, files.layers[layer], row, verify=verify)

    def read(self, path: str, limit: int = MAX_READ_BYTES) -> bytes:
        """Return the content of a file, its layer read to the end and verified.

        Raises
        ------
        SizeExceedsLimitError
            The file is larger than the limit.
        NotFoundError, UnsupportedError, ContentError, RegexploreError
        """
        files = self.file_system()
        layer, row = files.content(path)
        kept = files.layers[layer].kept.get(row)
        if kept is not None and len(kept) <= limit:
            return kept
        size = files.layers[layer].sizes[row]
        if size > limit:
            raise SizeExceedsLimitError(f"{path!a} has {size} bytes, the limit is {limit}")
        with self.open(path, verify=True) as stream:
            return stream.read()

    def _list(self, missing: Sequence[Wanted], progress: Show) -> None:
        distinct = list({wanted[0].digest: wanted for wanted in missing}.values())
        with Progress("layer", len(distinct), show=progress) as shown:
            outcomes = map_bounded(
                self._read_listing,
                distinct,
                workers=WORKERS,
                on_result=lambda _: shown.advance(),
            )
            if outcomes.interrupted:
                shown.stop()
        with self._lock:
            for outcome in outcomes:
                listing = outcome.result()
                # A broken line may be whole next time; a broken layer is asked for again, too.
                if listing.error is None:
                    self._listings[listing.descriptor.digest] = listing
                else:
                    self._broken[listing.descriptor.digest] = listing

    def _read_listing(self, wanted: Wanted) -> LayerListing:
        descriptor, expected = wanted
        if self._lazy:
            try:
                table = self._table(descriptor)
            except (NotSeekableError, LayerError):
                # No ranges here, or no table where there should be one: the layer itself tells as much.
                table = None
            except RegexploreError as error:
                return LayerListing(descriptor, expected, error=error)
            if table is not None:
                self._tables[descriptor.digest] = table
                return table.listing
        if self._shared is None:
            return self._read_layer(wanted)
        return self._shared.get((descriptor.plain(), expected), lambda: self._read_layer(wanted))

    def _read_layer(self, wanted: Wanted) -> LayerListing:
        descriptor, expected = wanted
        key = ("listing", descriptor.plain(), expected)
        known: LayerListing | None = None if self._memory is None else self._memory.worked_out(key)
        if known is not None:
            return known
        listing = list_layer(self._store, descriptor, expected, keep=is_kept, look=find_build_info)
        if self._memory is not None and listing.error is None:
            self._memory.keep_worked_out(key, listing, listing.cost)
        return listing

    def _table(self, descriptor: Descriptor) -> TableOfContents | SociTable | None:
        if table_kind(descriptor):
            return read_table(self._store, descriptor)
        with self._lock:
            if self._ztocs is None:
                self._ztocs = self._beside()
        ztoc = self._ztocs.get(descriptor.digest)
        return None if ztoc is None else read_ztoc(self._store, ztoc, descriptor)

    def ways(self) -> list[str]:
        """Return how each layer was read, base first, and what that cost."""
        return [self._way(descriptor) for descriptor, _ in self._wanted]

    def _way(self, descriptor: Descriptor) -> str:
        table = self._tables.get(descriptor.digest)
        if table is not None:
            return f"{table.kind} table of contents: {table.read_bytes:,} of {descriptor.size:,} bytes"
        return f"whole: {descriptor.size:,} bytes"

    def _listing(self, wanted: Wanted) -> LayerListing:
        descriptor, expected = wanted
        # A listing without entries is one, too.
        found = self._listings.get(descriptor.digest, self._broken.get(descriptor.digest))
        if found is not None:
            return found
        stopped = LayerListing(descriptor, expected)
        stopped.error = LayerError("reading was stopped", hint="Ask again to go on.")
        return stopped
