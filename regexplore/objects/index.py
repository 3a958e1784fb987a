"""Indexes: images for several platforms under one name, or manifests of any other kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regexplore.errors import NotFoundError, UnsupportedError
from regexplore.frames.facts import is_platform, platform_names
from regexplore.objects.artifact import Artifact
from regexplore.oci import Descriptor, Digest, Platform
from regexplore.oci import Index as IndexDocument
from regexplore.oci.digest import is_digest

if TYPE_CHECKING:
    import pandas as pd


class Index(Artifact):
    """An index: pick an image with ``index["linux/amd64"]`` or a manifest with its digest.

    Examples
    --------
    ``index["linux/arm64"].layers()`` fetches the image for that platform, its config, and tells its layers.

    Examples
    --------
    >>> index = repo.get("v1.2")
    >>> index.platforms["platform"].tolist()
    ['linux/amd64', 'linux/arm64/v8']
    """

    kinds = ("index",)

    @property
    def manifests(self) -> tuple[Descriptor, ...]:
        """Every entry of the index, attestations included."""
        return self.document.manifests if isinstance(self.document, IndexDocument) else ()

    @property
    def platforms(self) -> pd.DataFrame:
        """The platforms, one a row (`regexplore.frames.platforms.PLATFORMS`); attestations are none."""
        from regexplore.frames.platforms import platforms_frame

        return platforms_frame(self.manifests, self._origin())

    def select(self, platform: str | Platform) -> Descriptor:
        """Give the entry for a platform: the exact one, else the first that serves it.

        Raises
        ------
        NotFoundError
            There is none; names those that there are.
        ValueError
            The text is no platform.
        """
        wanted = Platform.parse(platform) if isinstance(platform, str) else platform
        serving = [child for child in self.manifests if is_platform(child) and _serves(child, wanted)]
        exact = [child for child in serving if child.platform == wanted]
        for child in exact or serving:
            return child
        there = ", ".join(platform_names(self.manifests)) or "none"
        raise NotFoundError(
            f"{self.reference} has no image for {wanted}", hint=f"Its platforms are: {there}."
        )

    def __getitem__(self, key: str | Platform | int) -> Artifact:
        """Fetch an entry by platform, digest or position. Costs one request, two for an image.

        Raises
        ------
        NotFoundError
            There is no such entry, or it is not in the repository.
        IndexError
            The position is outside the index.
        """
        child = self._entry(key)
        document = self._source.by_descriptor(child)
        return Artifact.of(self._source, document, f"{self._source.name}@{child.digest}")

    def files(self, *_: object, **__: object) -> pd.DataFrame:
        """Refuse: files are those of one platform.

        Raises
        ------
        UnsupportedError
            Always; it names the platforms.
        """
        raise self._of_one_platform("files")

    def packages(self) -> pd.DataFrame:
        """Refuse: packages are those of one platform.

        Raises
        ------
        UnsupportedError
            Always; it names the platforms.
        """
        raise self._of_one_platform("packages")

    def _of_one_platform(self, what: str) -> UnsupportedError:
        there = platform_names(self.manifests)
        example = there[0] if there else "linux/amd64"
        return UnsupportedError(
            f"{self.reference} is an index: its images have {what}, each its own",
            hint=f'Pick a platform: index["{example}"].{what}(). There are: {", ".join(there) or "none"}.',
        )

    def _entry(self, key: str | Platform | int) -> Descriptor:
        if isinstance(key, int):
            return self.manifests[key]
        if isinstance(key, str) and is_digest(key):
            for child in self.manifests:
                if child.digest == Digest(key):
                    return child
            raise NotFoundError(f"{self.reference} has no entry {key}")
        return self.select(key)

    def __len__(self) -> int:
        return len(self.manifests)

    def _ipython_key_completions_(self) -> list[str]:
        return platform_names(self.manifests)


def _serves(child: Descriptor, wanted: Platform) -> bool:
    return child.platform is not None and child.platform.matches(wanted)
