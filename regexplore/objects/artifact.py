"""Artifacts: what a tag or digest names, read and verified. `Image` and `Index` know more."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar

from regexplore.content.walk import WalkOptions
from regexplore.objects.document_card import document_card
from regexplore.objects.referrers_section import ReferrersSeen
from regexplore.objects.remembered import RememberedStore
from regexplore.objects.source import Source
from regexplore.oci import ArtifactManifest, Descriptor, Digest, Document, Manifest, Platform
from regexplore.oci.digest import is_digest
from regexplore.show.card import Card
from regexplore.show.progress import Show
from regexplore.show.shown import Shown

if TYPE_CHECKING:
    import pandas as pd

    from regexplore.evidence.trust import Trust
    from regexplore.objects.graph import Graph


class Artifact(Shown):
    """A manifest with everything it says, held as the bytes that were verified.

    Made by ``Repository.get`` and its kin. Attributes and the repr cost no request.

    Attributes
    ----------
    descriptor : Descriptor
        Media type, digest and size, as fetched.
    document : Document
        The bytes and their typed view.
    reference : str
        Registry, repository and tag or digest, as asked for.

    Examples
    --------
    >>> release = repo.get("v1.2")
    >>> sbom = repo.get(release.referrers("application/spdx+json")["digest"][0])
    >>> sbom.kind, sbom.artifact_type, sbom.subject == release.descriptor.plain()
    ('artifact', 'application/spdx+json', True)
    """

    kinds: ClassVar[tuple[str, ...]] = ("artifact", "unknown", "unreadable", "config")
    _classes: ClassVar[dict[str, type[Artifact]]] = {}

    def __init_subclass__(cls) -> None:
        Artifact._classes.update(dict.fromkeys(cls.kinds, cls))

    def __init__(self, source: Source, document: Document, reference: str) -> None:
        self._source = source
        self._referrers_seen: ReferrersSeen | None = None
        self.document = document
        self.descriptor = document.descriptor
        self.reference = reference

    @classmethod
    def of(cls, source: Source, document: Document, reference: str) -> Artifact:
        """Give the object that fits the kind of a document: an `Index`, an `Image` or an `Artifact`."""
        return cls._classes.get(document.kind, Artifact)(source, document, reference)

    @property
    def kind(self) -> str:
        """``index``, ``image``, ``artifact``, ``unknown`` or ``unreadable``."""
        return self.document.kind

    @property
    def digest(self) -> Digest:
        """The digest of the manifest."""
        return self.descriptor.digest

    @property
    def media_type(self) -> str:
        """The media type of the manifest."""
        return self.document.media_type

    @property
    def artifact_type(self) -> str:
        """The artifact type; for images the media type of the config."""
        return self.document.artifact_type

    @property
    def annotations(self) -> Mapping[str, str]:
        """The annotations of the manifest."""
        return self.document.annotations

    @property
    def subject(self) -> Descriptor | None:
        """What this refers to."""
        return self.document.subject

    @property
    def raw(self) -> bytes:
        """The manifest exactly as it was served."""
        return self.document.raw

    @property
    def pinned(self) -> str:
        """The reference by digest, which cannot move."""
        return f"{self._source.name}@{self.digest}"

    def json(self) -> Any:
        """Give the manifest as plain objects, unknown fields included.

        Raises
        ------
        DocumentError
            The bytes are not JSON that can be read safely.
        """
        return self.document.json()

    def layers(self) -> pd.DataFrame:
        """Give the layers or blobs as a frame. Costs no request.

        Returns
        -------
        pandas.DataFrame
            See `regexplore.frames.layers.LAYERS`; empty for an index.
        """
        from regexplore.frames.layers import layers_frame

        return layers_frame(self.layer_descriptors, None, self._origin(), sharers=self._sharers)

    def referrers(self, artifact_type: str = "", *, recursive: bool = False) -> pd.DataFrame:
        """Give what refers to this: signatures, SBOMs, attestations and others.

        Costs one request a page; recursive costs as many for each platform of an index and for each
        referrer found. Attestations that BuildKit keeps inside an index cost none. Asked are the referrers
        API or, where that is missing, the referrers tag; signatures that are only found by cosign's own tag
        names are not looked for.

        Parameters
        ----------
        artifact_type
            Only those of this type.
        recursive
            Also what refers to the platforms of an index, and to the referrers themselves.

        Raises
        ------
        RegexploreError
            The referrers of this very manifest could not be listed.
        """
        from regexplore.frames.referrers import referrers_frame
        from regexplore.objects.referrer_search import ReferrerSearch

        origin = self._origin()
        search = ReferrerSearch(self._source.store, origin)
        if recursive:
            found = search.recursive(self.document, artifact_type)
            self._source.settle()
        else:
            found = search.direct(self.descriptor, artifact_type)
        frame = referrers_frame(found, origin)
        if not artifact_type:
            self._referrers_seen = ReferrersSeen(tuple(found), origin.reasons)
        return frame

    def evidence(self, trust: Trust | None = None) -> pd.DataFrame:
        """Give the evidence about this, its platforms, and that evidence, from every channel.

        Costs one request for the referrers of each manifest, and one for each piece that is not known yet.

        Parameters
        ----------
        trust
            What to check signatures against; without it nothing is verified.

        Returns
        -------
        pandas.DataFrame
            See `regexplore.auditing.report_frames.EVIDENCE`: what is claimed and what was checked, apart.
        """
        from regexplore.auditing.report_frames import evidence_frame
        from regexplore.objects.beside import read_beside

        origin = self._origin()
        read = read_beside(self._source, self.document, self.reference, origin, trust)
        return evidence_frame([read], origin)

    def details(self) -> pd.DataFrame:
        """Give what this says it is: a chart's name and version, a model's family, a module's system, and so on.

        All of it is claimed. Costs one request where the config is worth reading.

        Returns
        -------
        pandas.DataFrame
            ``name`` and ``value`` (`regexplore.frames.details.DETAILS`); the format comes first.

        Raises
        ------
        RegexploreError
            The config could not be fetched.
        """
        from regexplore.evidence.artifact_facts import artifact_facts, config_of
        from regexplore.frames.details import details_frame

        config = config_of(self.document)
        content = self._source.blob(config) if config is not None else None
        self._source.settle()
        return details_frame(artifact_facts(self.document, content), self._origin())

    def sbom(self) -> pd.DataFrame:
        """Give the packages that attached SBOMs claim (`regexplore.frames.packages.PACKAGES`).

        The column ``source`` names the SBOM; nothing of it was checked against the image. Costs as `evidence`.
        """
        from regexplore.objects.beside import read_beside, sbom_frame

        origin = self._origin()
        return sbom_frame(read_beside(self._source, self.document, self.reference, origin, None), origin)

    def sbom_diff(self, other: Artifact) -> pd.DataFrame:
        """Tell how the SBOMs of another one differ: packages added, removed, changed (``SBOM_DIFF``)."""
        from regexplore.objects.beside import components_of, read_beside, sbom_diff

        origin = self._origin()
        read = [read_beside(one._source, one.document, one.reference, origin, None) for one in (self, other)]
        before, after = (list(components_of(one)) for one in read)
        for one, components in ((self, before), (other, after)):
            if not components:
                origin.partial(f"{one.reference} has no SBOM that can be read")
        return sbom_diff(before, after, origin)

    def graph(
        self,
        *,
        depth: int | None = None,
        referrers: bool = True,
        platform: Platform | str | None = None,
        options: WalkOptions | None = None,
        cancel: Event | None = None,
        progress: Show = True,
    ) -> Graph:
        """Give the graph of everything this points at, and of what refers to it.

        Costs one request for each manifest and index that is not known yet, and one for the referrers of
        each; layers are not fetched. The parameters are those of `Collection.graph`.
        """
        from regexplore.objects.graph import Graph

        name = self.reference.removeprefix(self._source.name).lstrip(":@")
        store = RememberedStore(self._source, {name: self.document})
        graph = Graph.of(
            store,
            [name],
            name=self._source.name,
            depth=depth,
            referrers=referrers,
            platform=platform,
            options=options,
            cancel=cancel,
            progress=progress,
            opener=self._neighbour,
        )
        self._source.settle()
        return graph

    def _neighbour(self, reference: str) -> Artifact:
        """Give something else from the same place."""
        separator = "@" if is_digest(reference) else ":"
        known = self._source.by_reference(reference)
        return Artifact.of(self._source, known, f"{self._source.name}{separator}{reference}")

    @property
    def layer_descriptors(self) -> tuple[Descriptor, ...]:
        """The layers or blobs as descriptors, in the order of the manifest."""
        if isinstance(self.document, Manifest):
            return self.document.layers
        return self.document.blobs if isinstance(self.document, ArtifactManifest) else ()

    def _sharers(self, layer: Digest) -> list[str]:
        return self._source.sharers(layer, self.digest)

    def _origin(self) -> Any:
        from regexplore.frames.origin import Origin

        return Origin(self.reference, self._source.requests)

    def _card(self) -> Card:
        return document_card(
            self.document, self.reference, pinned=self.pinned, referrers=self._referrers_seen
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Artifact) and (self.descriptor, self._source.name) == (
            other.descriptor,
            other._source.name,
        )

    def __hash__(self) -> int:
        return hash((self.digest, self._source.name))
