"""What an image gives of its inside: files, their content, packages, waste, and how it was built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO

from regexplore.errors import NotFoundError, RegexploreError
from regexplore.image.build_steps import dockerfile
from regexplore.image.packages import OsRelease, PackageSearch, find_packages, read_os_release
from regexplore.image.packages.os_release import PATHS
from regexplore.image.soci import find_tables
from regexplore.objects.file_tree import FileTree
from regexplore.objects.image_files import MAX_READ_BYTES, ImageFiles
from regexplore.objects.remembered import RememberedStore
from regexplore.objects.source import Source
from regexplore.objects.waste_card import WasteReport
from regexplore.oci import Descriptor, Digest, Document, ImageConfig, Manifest
from regexplore.show.progress import Show

if TYPE_CHECKING:
    import pandas as pd

BASE_NAME = "org.opencontainers.image.base.name"


class Inside:
    """Mixin of `Image`. The layers are read once, concurrently, when something of them is asked for."""

    _source: Source
    _config: ImageConfig | None
    reference: str
    annotations: Any
    layer_descriptors: tuple[Descriptor, ...]
    document: Document
    _origin: Callable[[], Any]

    @cached_property
    def _files(self) -> ImageFiles:
        diff_ids = self._config.diff_ids if self._config is not None else ()
        known = (
            diff_ids if len(diff_ids) == len(self.layer_descriptors) else [None] * len(self.layer_descriptors)
        )
        return ImageFiles(
            RememberedStore(self._source),
            list(zip(self.layer_descriptors, known, strict=True)),
            memory=self._source,
        )

    @cached_property
    def _lazy_files(self) -> ImageFiles:
        wanted = [(layer, None) for layer in self.layer_descriptors]
        return ImageFiles(RememberedStore(self._source), wanted, lazy=True, beside=self._tables_beside)

    def _tables_beside(self) -> Mapping[Digest, Descriptor]:
        """Give the tables of SOCI indexes; without referrers there are none, which is no failure."""
        if not isinstance(self.document, Manifest):
            return {}
        try:
            return find_tables(RememberedStore(self._source), self.document)
        except RegexploreError:
            return {}

    def files(
        self,
        layer: int | None = None,
        *,
        all: bool = False,  # noqa: A002 - the word for it
        match: str | None = None,
        lazy: bool = False,
        progress: Show = True,
    ) -> pd.DataFrame:
        """Give the files of the image as a frame: what a container would see.

        The first call reads every layer, checked against digest and diff_id; later ones cost nothing.

        Parameters
        ----------
        layer
            Only the entries of this layer, by its number in `layers`, whiteouts included.
        all
            Also what later layers overwrote or deleted; ``state`` tells which.
        match
            A glob such as ``/etc/*.conf``; ``**`` crosses slashes.
        lazy
            Of layers with a table of contents (eStargz, zstd:chunked, SOCI) read only that. It is checked against
            the manifest or index that names it, the layer is not; ``attrs["ways"]`` tells which way was used
            and how many bytes it cost.
        progress
            As everywhere: True, None or a callable.

        Returns
        -------
        pandas.DataFrame
            See `regexplore.frames.files.FILES`. A layer that cannot be read makes it partial.

        Raises
        ------
        NotFoundError
            There is no such layer.
        """
        from regexplore.frames.files import files_frame, layer_files_frame

        origin, files = self._origin(), self._lazy_files if lazy else self._files
        if layer is not None:
            frame = layer_files_frame(layer, files.listing(layer, progress), origin, match=match)
        else:
            frame = files_frame(files.file_system(progress), origin, hidden=all, match=match)
        frame.attrs["ways"] = files.ways()
        self._source.settle()
        return frame

    def open(self, path: str, *, verify: bool = False, lazy: bool = False) -> BinaryIO:
        """Open a file of the image; links are followed inside of it.

        Only the layer that holds it is read again, and no further than the file. ``verify`` reads that layer to
        its end, which checks its digest; the attribute ``verified`` tells. ``lazy`` uses tables of contents, as in
        `files`: then only the table and the file's own bytes are read, and both are checked.

        Raises
        ------
        NotFoundError, UnsupportedError
            It is not there, or is no file.
        LayerError, RegexploreError
            Its layer cannot be read.
        """
        return (self._lazy_files if lazy else self._files).open(path, verify=verify)

    def read(self, path: str, limit: int = MAX_READ_BYTES) -> bytes:
        """Give the content of a file, verified.

        Raises
        ------
        SizeExceedsLimitError
            It is larger than the limit, in bytes.
        NotFoundError, UnsupportedError, LayerError, RegexploreError
        """
        return self._files.read(path, limit)

    def read_text(self, path: str, encoding: str = "utf-8") -> str:
        """Give the content of a text file, verified; bytes that are no text are shown as escapes.

        Raises
        ------
        SizeExceedsLimitError, NotFoundError, UnsupportedError, LayerError, RegexploreError
            As for `read`.
        """
        return self.read(path).decode(encoding, "backslashreplace")

    def glob(self, pattern: str) -> list[str]:
        """Give the paths that match a glob; ``*`` stops at slashes, ``**`` does not."""
        return self._files.file_system().glob(pattern)

    def tree(self, path: str = "/", depth: int = 2) -> FileTree:
        """Give the directory tree below a path, with sizes, to look at."""
        return FileTree(self._files.file_system(), path, depth)

    def waste(self) -> WasteReport:
        """Give what the image carries more than once or in vain, and its efficiency as dive defines it."""
        return WasteReport(self._files.file_system(), self.reference)

    @property
    def os(self) -> OsRelease:
        """The operating system by ``/etc/os-release``; empty fields when the image does not say."""
        for path in PATHS:
            try:
                return read_os_release(self.read(path, 1 << 16))
            except NotFoundError:
                continue
        return OsRelease()

    def packages(self) -> pd.DataFrame:
        """Give the installed packages, from the databases of package managers, as a frame.

        Read are those of dpkg, apk, rpm (SQLite), Python and Node, and the modules that Go programs name in
        themselves. Other programs that were copied in without any package manager are not seen.

        Returns
        -------
        pandas.DataFrame
            See `regexplore.frames.packages.PACKAGES`. A database that cannot be read makes it partial.
        """
        from regexplore.frames.packages import packages_frame

        origin = self._origin()
        search = self._packages()
        for problem in search.problems:
            origin.partial(problem)
        for n, listing in enumerate(self._files.file_system().layers, 1):
            if listing.problem:
                origin.partial(f"layer {n}: {listing.problem}")
        self._source.settle()
        return packages_frame(search.packages, origin)

    def sbom_check(self) -> pd.DataFrame:
        """Hold the attached SBOMs against the package databases of the image (``SBOM_CHECK``).

        Reads every layer once. ``where`` is ``both``, ``only SBOM`` or ``only image``.
        """
        from regexplore.objects.beside import components_of, read_beside, sbom_check

        origin = self._origin()
        read = read_beside(self._source, self.document, self.reference, origin, None)
        search = self._packages()
        for problem in search.problems:
            origin.partial(problem)
        self._source.settle()
        return sbom_check(components_of(read), search.packages, origin)

    def dockerfile(self) -> str:
        """Give a Dockerfile like the one the image may have been built with; it says that it is approximate.

        Raises
        ------
        RegexploreError
            The image has no config that can be read.
        """
        if self._config is None:
            raise NotFoundError(f"{self.reference} has no image config", hint="Only images have a history.")
        return dockerfile(self._config.history, self.annotations.get(BASE_NAME, ""))

    def _packages(self) -> PackageSearch:
        files = self._files.file_system()
        kept = {path for path, (layer, row) in files.present() if row in files.layers[layer].kept}
        programs = {
            path: files.layers[layer].noted[row]
            for path, (layer, row) in files.present()
            if row in files.layers[layer].noted
        }
        try:
            system = self.os
        except RegexploreError:
            system = OsRelease()
        return find_packages(kept, self._files.read, system, programs)
