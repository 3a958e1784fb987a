"""A store in memory that counts what is asked of it, behind the objects of a notebook."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

import pytest

from regexplore.content.memory import MemoryStore
from regexplore.errors import NotFoundError
from regexplore.objects.collection import Collection
from regexplore.objects.source import Source
from regexplore.oci import Descriptor, media_types
from regexplore.show import text as words
from regexplore.show.card import Card


class CountingStore(MemoryStore):
    """Counts each call as a registry would see it; what is named in ``broken`` fails."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()
        self.broken: set[str] = set()

    def fetch(self, target: Descriptor, /) -> BinaryIO:
        self._count(f"fetch {target.digest}")
        return super().fetch(target)

    def fetch_reference(self, reference: str, /) -> tuple[Descriptor, BinaryIO]:
        self._count(f"fetch {reference}")
        target = super().resolve(reference)
        return target, super().fetch(target)

    def resolve(self, reference: str, /) -> Descriptor:
        self._count(f"resolve {reference}")
        return super().resolve(reference)

    def tag_pages(self, last: str = "") -> Iterator[list[str]]:
        tags = [tag for page in super().tag_pages(last) for tag in page]
        for start in range(0, len(tags), 1000):
            self._count("tags")
            yield tags[start : start + 1000]

    def predecessors(self, target: Descriptor, /) -> list[Descriptor]:
        return super().predecessors(target)

    def referrer_pages(self, target: Descriptor, artifact_type: str = "") -> Iterator[list[Descriptor]]:
        self._count(f"referrers {target.digest}")
        return super().referrer_pages(target, artifact_type)

    def total(self) -> int:
        return sum(self.calls.values())

    def _count(self, call: str) -> None:
        self.calls[call] += 1
        if any(word in call for word in self.broken):
            raise NotFoundError(f"{call}: broken for this test")


class Shelf(Collection):
    """A collection over a store in memory."""

    def __init__(self, store: CountingStore) -> None:
        self.store = store
        self._source = Source(store, "localhost:5000/demo/app", store.total)

    def _card(self) -> Card:
        return Card("repository", "shelf")

    # What tests need to build content.

    def image(self, tag: str = "", text: str = "x", layers: int = 2, **more: object) -> Descriptor:
        blobs = [
            self.store.add(media_types.OCI_LAYER_GZIP, f"{text} {n}".encode() * 50) for n in range(layers)
        ]
        config = {
            "os": "linux",
            "architecture": "amd64",
            "created": "2024-05-01T10:00:00Z",
            "author": text,
            "config": {
                "Env": ["PATH=/bin", f"TEXT={text}"],
                "Entrypoint": ["/app"],
                "Labels": {"label": text},
            },
            "rootfs": {"type": "layers", "diff_ids": [blob.digest for blob in blobs]},
            "history": [
                *(
                    {"created": "2024-05-01T09:00:00Z", "created_by": f"COPY {text} {n}"}
                    for n in range(layers)
                ),
                {"created_by": "ENTRYPOINT", "empty_layer": True},
            ],
        }
        described = self.store.add(media_types.OCI_CONFIG, json.dumps(config | more).encode())
        fields = {"config": described.to_json(), "layers": [blob.to_json() for blob in blobs]}
        return self.named(self.store.add_document(media_types.OCI_MANIFEST, fields), tag)

    def artifact(
        self, artifact_type: str, subject: Descriptor | None = None, tag: str = "", **annotations: str
    ) -> Descriptor:
        empty = self.store.add(media_types.OCI_EMPTY, b"{}")
        blob = self.store.add(artifact_type, f"{artifact_type} of {subject and subject.digest}".encode())
        fields: dict[str, object] = {
            "artifactType": artifact_type, "config": empty.to_json(), "layers": [blob.to_json()], "annotations": annotations,
        }  # fmt: skip
        if subject:
            fields["subject"] = subject.plain().to_json()
        return self.named(self.store.add_document(media_types.OCI_MANIFEST, fields), tag)

    def index(self, tag: str, children: list[tuple[str, Descriptor]], **more: object) -> Descriptor:
        entries = []
        for platform, child in children:
            os, architecture, *variant = platform.split("/")
            entry = child.to_json() | {"platform": {"os": os, "architecture": architecture}}
            if variant:
                entry["platform"]["variant"] = variant[0]
            entries.append(entry)
        return self.named(self.store.add_document(media_types.OCI_INDEX, {"manifests": entries} | more), tag)

    def attested(self, tag: str, image: Descriptor) -> Descriptor:
        """An index with an image for linux/amd64 and BuildKit's attestation for it."""
        attestation = self.image(text="attestation", layers=1)
        entries = [
            image.to_json() | {"platform": {"os": "linux", "architecture": "amd64"}},
            attestation.to_json()
            | {
                "platform": {"os": "unknown", "architecture": "unknown"},
                "annotations": {
                    "vnd.docker.reference.type": "attestation-manifest",
                    "vnd.docker.reference.digest": str(image.digest),
                },
            },
        ]
        return self.named(self.store.add_document(media_types.OCI_INDEX, {"manifests": entries}), tag)

    def named(self, target: Descriptor, tag: str) -> Descriptor:
        if tag:
            self.store.tag(target, tag)
        return target


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(CountingStore())


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ages in cards do not change from day to day."""
    monkeypatch.setattr(words, "utc_now", lambda: datetime(2026, 1, 1, tzinfo=UTC))
