"""The content cache as a notebook sees it: opened by options, told on cards, and warned about when it held damage."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import NamedTuple, Self

from regexplore.content.cache import MEMORY_BYTES, ContentCache
from regexplore.content.cache_folder import open_folder
from regexplore.remote.options import RepositoryOptions
from regexplore.show.text import count, human_bytes


class CacheWarning(UserWarning):
    """Something in a cache folder was not what it should be; what was asked for came from the registry.

    Examples
    --------
    >>> import warnings
    >>> warnings.simplefilter("error", CacheWarning)  # for who would rather stop
    >>> warnings.simplefilter("default", CacheWarning)
    """


class CacheOptions(NamedTuple):
    """The fields of the options that say where content is kept."""

    folder: str
    max_bytes: int
    layers: bool

    @classmethod
    def of(cls, options: RepositoryOptions) -> Self:
        """Take them out of all options.

        Raises
        ------
        ValueError
            They do not fit together.
        """
        folder = "" if options.cache_dir is None else str(Path(options.cache_dir).expanduser().absolute())
        if options.cache_layers and not folder:
            raise ValueError("cache_layers=True keeps layers on disk: it needs a cache_dir")
        if options.cache_bytes < 0:
            raise ValueError(
                f"cache_bytes is 0 for the default, or a number of bytes, not {options.cache_bytes}"
            )
        return cls(folder, options.cache_bytes, options.cache_layers)

    def open(self) -> ContentCache:
        """Open the cache.

        Raises
        ------
        CacheError
            The folder cannot be used.
        """
        if not self.folder:
            return ContentCache(self.max_bytes or MEMORY_BYTES)
        return ContentCache(folder=open_folder(self.folder, self.max_bytes), layers=self.layers)


def cache_fact(cache: ContentCache) -> str:
    """Give what a card says of a cache; costs no look at the disk."""
    where = "in memory" if cache.folder is None else f"in {cache.folder.path}"
    saved = cache.saved
    if not saved.answers:
        return f"{where}; nothing saved yet"
    disk = f", {saved.from_disk:,} of them from disk" if saved.from_disk else ""
    return f"{where}; saved {count(saved.answers, 'answer')} ({human_bytes(saved.bytes)}){disk}"


def settle_cache(cache: ContentCache) -> None:
    """Let other tools know what was seen, and the user what was wrong; in the caller's thread."""
    if cache.folder is not None:
        cache.folder.publish_soon()
        for problem in cache.folder.untold():
            warnings.warn(problem, CacheWarning, stacklevel=3)
