"""What can be looked at: a registry, a repository or layout, a document, a layer of an image, a file in it."""

from __future__ import annotations

from dataclasses import dataclass

from regexplore.errors import NotFoundError
from regexplore.explorer.place import Place
from regexplore.objects import Artifact, Image, Registry
from regexplore.objects.collection import Collection
from regexplore.oci import Descriptor

__all__ = ["File", "Layer", "Subject", "fetch_subject"]


@dataclass(frozen=True)
class Layer:
    """A layer of an image, or a blob of an artifact.

    Attributes
    ----------
    artifact : Artifact
        Whose layer it is.
    number : int
        From 1, base first.
    """

    artifact: Artifact
    number: int

    @property
    def descriptor(self) -> Descriptor:
        """Its media type, digest and size, as the manifest says."""
        return self.artifact.layer_descriptors[self.number - 1]


@dataclass(frozen=True)
class File:
    """A file of an image.

    Attributes
    ----------
    image : Image
    path : str
    """

    image: Image
    path: str

    def read(self) -> bytes:
        """Give its content, verified; see `Image.read`."""
        return self.image.read(self.path)


Subject = Registry | Collection | Artifact | Layer | File


def fetch_subject(collection: Collection, place: Place) -> Subject:
    """Fetch what a place names. Costs one request, two for an image; none for what was read before.

    Raises
    ------
    RegexploreError
        It is not there, or could not be fetched.
    """
    if not place.reference:
        return collection
    artifact = _artifact(collection, place)
    if place.layer:
        if place.layer > len(artifact.layer_descriptors):
            raise NotFoundError(f"{artifact.reference} has no layer {place.layer}")
        return Layer(artifact, place.layer)
    if place.path:
        if not isinstance(artifact, Image):
            raise NotFoundError(f"{artifact.reference} is no image and holds no files")
        return File(artifact, place.path)
    return artifact


def _artifact(collection: Collection, place: Place) -> Artifact:
    if place.descriptor is None:
        return collection.get(place.reference)
    source = collection._source
    document = source.by_descriptor(place.descriptor)
    return Artifact.of(source, document, f"{source.name}@{place.descriptor.digest}")
