"""Images: something that can run. A manifest, its config and its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regexplore.errors import RegexploreError, UnsupportedError
from regexplore.frames.facts import image_config_of, told
from regexplore.objects.artifact import Artifact
from regexplore.objects.document_card import document_card
from regexplore.objects.inside import Inside
from regexplore.objects.source import Source
from regexplore.oci import Document, ImageConfig, Manifest, UnreadableDocument
from regexplore.show.card import Card

if TYPE_CHECKING:
    import pandas as pd


class Image(Inside, Artifact):
    """An image for one platform.

    Its config is fetched together with the manifest, so that what follows costs no request.

    Examples
    --------
    >>> image = repo.get("v1.2")["linux/amd64"]
    >>> str(image.config.platform), len(image.layers())
    ('linux/amd64', 4)
    """

    kinds = ("image",)

    def __init__(self, source: Source, document: Document, reference: str) -> None:
        super().__init__(source, document, reference)
        self._config: ImageConfig | None = None
        self._config_error: RegexploreError = UnsupportedError(f"{reference} has no image config")
        self._read_config()

    @property
    def config(self) -> ImageConfig:
        """The image config: platform, entry point, environment, history.

        Raises
        ------
        RegexploreError
            It could not be fetched or read when the image was; the card says so too.
        """
        if self._config is None:
            raise self._config_error
        return self._config

    @property
    def history(self) -> pd.DataFrame:
        """The build steps and the layers they made, as a frame (`regexplore.frames.history.HISTORY`).

        Raises
        ------
        RegexploreError
            As for `config`.
        """
        from regexplore.frames.history import history_frame

        if not isinstance(self.document, Manifest):
            raise self._config_error
        return history_frame(self.document, self.config, self._origin())

    @property
    def platforms(self) -> pd.DataFrame:
        """The one platform of this image, as a frame (`regexplore.frames.platforms.PLATFORMS`)."""
        from dataclasses import replace

        from regexplore.frames.platforms import platforms_frame

        known = [] if self._config is None else [replace(self.descriptor, platform=self._config.platform)]
        return platforms_frame(known, self._origin())

    def layers(self) -> pd.DataFrame:
        """Give the layers as a frame, with the steps that made them. Costs no request.

        Returns
        -------
        pandas.DataFrame
            See `regexplore.frames.layers.LAYERS`.
        """
        from regexplore.frames.layers import layers_frame

        manifest = self.document if isinstance(self.document, Manifest) else None
        origin = self._origin()
        if self._config is None:
            origin.partial(f"config: {told(self._config_error)}")
        return layers_frame(
            self.layer_descriptors, self._config, origin, manifest=manifest, sharers=self._sharers
        )

    def _read_config(self) -> None:
        """Fetch the config; an image without one that can be read is still an image."""
        descriptor = image_config_of(self.document)
        if descriptor is None:
            return
        try:
            config = self._source.by_descriptor(descriptor)
        except RegexploreError as error:
            self._config_error = error
            return
        if isinstance(config, ImageConfig):
            self._config = config
        elif isinstance(config, UnreadableDocument):
            self._config_error = UnsupportedError(f"the image config cannot be read: {config.reason}")

    def _card(self) -> Card:
        missing = self._config is None and image_config_of(self.document) is not None
        notes = [f"config: {told(self._config_error)}"] if missing else []
        return document_card(
            self.document,
            self.reference,
            pinned=self.pinned,
            config=self._config,
            referrers=self._referrers_seen,
            notes=notes,
        )
