"""Digests of single files of a layer, for telling whether two of the same size are the same."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256

from regexplore.content.store import Fetcher
from regexplore.content.tar_entries import TarReader
from regexplore.errors import MismatchedDigestError
from regexplore.image.layer import LayerListing, UnpackedStream


def hash_files(store: Fetcher, listing: LayerListing, rows: Collection[int]) -> dict[int, str]:
    """Return the SHA-256 of some files of a layer, by row of its listing. Reads the layer once, to its end.

    Raises
    ------
    MismatchedDigestError
        The layer is not the one that was listed.
    RegexploreError
        It could not be read.
    """
    wanted, found = frozenset(rows), dict[int, str]()
    with store.fetch(listing.descriptor) as packed:
        stream = UnpackedStream(packed, listing.descriptor)
        reader = TarReader(stream.chunks())
        for row, _ in enumerate(reader):
            if row in wanted:
                hasher = sha256()
                for part in reader.body():
                    hasher.update(part)
                found[row] = hasher.hexdigest()
    if listing.diff_id is not None and stream.diff_id != listing.diff_id:
        raise MismatchedDigestError(
            f"the layer unpacks to {stream.diff_id}, not to {listing.diff_id} as before"
        )
    return found
