"""Images, indexes and artifacts: frames, cards, and what they cost."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from support.markup_oracle import assert_safe, text_of
from syrupy.assertion import SnapshotAssertion

from regexplore.errors import NotFoundError, RegexploreError
from regexplore.objects.image import Image
from regexplore.objects.index import Index
from regexplore.oci import Descriptor, Platform, media_types

if TYPE_CHECKING:
    import pandas as pd
    from conftest import Shelf

    from regexplore.objects.artifact import Artifact


def image_of(shelf: Shelf, tag: str = "v1") -> Image:
    image = shelf.get(tag)
    assert isinstance(image, Image)
    return image


def index_of(shelf: Shelf, tag: str = "v1") -> Index:
    index = shelf.get(tag)
    assert isinstance(index, Index)
    return index


def cells(frame: pd.DataFrame, *columns: str) -> list[list[object]]:
    return frame[list(columns)].to_numpy().tolist()


def test_an_image_costs_two_requests_and_then_nothing(shelf: Shelf) -> None:
    shelf.image("v1")
    image = image_of(shelf)
    assert shelf.store.total() == 2
    image.layers()
    assert image.config.author == "x"
    assert len(image.history) == 3
    assert image.platforms["platform"].tolist() == ["linux/amd64"]
    assert str(image)
    assert shelf.store.total() == 2


def test_layers_of_an_image(shelf: Shelf) -> None:
    shelf.image("v1", author="other")
    shelf.image("v2")
    shelf.get("v1")
    frame = image_of(shelf, "v2").layers()
    assert cells(frame, "n", "compression", "created_by", "shared_with", "empty") == [
        [1, "gzip", "COPY x 0", "v1", False],
        [2, "gzip", "COPY x 1", "v1", False],
    ]
    assert frame["diff_id"].tolist() == frame["digest"].tolist()
    assert frame["created"].tolist() == [datetime(2024, 5, 1, 9, tzinfo=UTC)] * 2
    assert frame.attrs["complete"]


def test_history_names_the_layer_of_each_step(shelf: Shelf) -> None:
    shelf.image("v1")
    image = image_of(shelf)
    frame = image.history
    assert frame["layer"].tolist()[:2] == image.layers()["digest"].tolist()
    assert frame["empty"].tolist() == [False, False, True]
    assert frame["layer"].isna().tolist() == [False, False, True]


def test_a_history_that_does_not_fit_the_layers_says_so(shelf: Shelf) -> None:
    shelf.image("v1", history=[{"created_by": "one"}], rootfs={"type": "layers", "diff_ids": []})
    layers, history = image_of(shelf).layers(), image_of(shelf).history
    assert layers[["created_by", "diff_id", "empty"]].isna().all(axis=None)
    assert layers.attrs["reasons"] == [
        "the config has 0 diff ids for 2 layers",
        "the history has 1 steps that made a layer, the manifest has 2 layers",
    ]
    assert history["layer"].isna().all()
    assert not history.attrs["complete"]


def test_an_image_without_its_config_is_still_an_image(shelf: Shelf) -> None:
    gone = Descriptor.from_bytes(media_types.OCI_CONFIG, b"gone")
    fields = {"config": gone.to_json(), "layers": []}
    shelf.named(shelf.store.add_document(media_types.OCI_MANIFEST, fields), "v1")
    image = image_of(shelf)
    with pytest.raises(NotFoundError):
        _ = image.config
    with pytest.raises(RegexploreError):
        _ = image.history
    assert image.platforms.empty
    assert not image.layers().attrs["complete"]
    assert "config: NotFoundError" in str(image)


def test_index_selects_by_platform_digest_and_position(shelf: Shelf) -> None:
    arm, armv7 = shelf.image(text="arm"), shelf.image(text="armv7")
    shelf.index("v1", [("linux/amd64", shelf.image()), ("linux/arm/v7", armv7), ("linux/arm", arm)])
    index = index_of(shelf)
    assert len(index) == 3
    assert index["linux/arm"].digest == arm.digest
    assert index["linux/arm/v7"].digest == armv7.digest
    assert index[Platform("linux", "arm", "v7")].digest == armv7.digest
    assert index[str(armv7.digest)].digest == armv7.digest
    assert index[-1].digest == arm.digest
    assert index._ipython_key_completions_() == ["linux/amd64", "linux/arm/v7", "linux/arm"]


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("linux/s390x", NotFoundError),
        ("x", ValueError),
        ("sha256:" + "0" * 64, NotFoundError),
        (9, IndexError),
    ],
)
def test_index_without_that_entry(shelf: Shelf, key: str | int, error: type[Exception]) -> None:
    shelf.index("v1", [("linux/amd64", shelf.image())])
    with pytest.raises(error):
        index_of(shelf)[key]


def test_f6_attestations_are_shown_as_what_they_are(shelf: Shelf) -> None:
    image = shelf.image()
    shelf.attested("v1", image)
    index = index_of(shelf)
    assert index.platforms["platform"].tolist() == ["linux/amd64"]
    assert index._ipython_key_completions_() == ["linux/amd64"]
    with pytest.raises(NotFoundError):
        index.select("unknown/unknown")
    text = str(index)
    assert f"attestation for linux/amd64  sha256:{image.digest.short}" in text
    assert "unknown" not in text.partition("Raw JSON")[0]


def test_f7_an_artifact_shows_its_type_first_and_no_history(shelf: Shelf) -> None:
    subject = shelf.image()
    shelf.artifact("application/spdx+json", subject, "sbom")
    text = str(shelf.get("sbom"))
    assert text.startswith("artifact localhost:5000/demo/app:sbom · application/spdx+json")
    assert "oras pull" in text
    assert "docker pull" not in text
    assert "History" not in text
    assert str(subject.digest) in text


def every_kind(shelf: Shelf) -> dict[str, Artifact]:
    image = shelf.image("image")
    shelf.index("index", [("linux/amd64", image), ("linux/arm64/v8", shelf.image(text="arm"))])
    shelf.attested("attested", image)
    shelf.artifact(
        "application/spdx+json", image, "sbom", **{"org.opencontainers.image.created": "2024-01-01T00:00:00Z"}
    )
    shelf.named(shelf.store.add("application/vnd.example+json", b'{"x":1}'), "odd")
    shelf.named(shelf.store.add(media_types.OCI_MANIFEST, b"{"), "bad")
    blob = {"blobSum": str(image.digest)}
    schema1 = (
        b'{"schemaVersion":1,"name":"a","tag":"b","architecture":"amd64","fsLayers":[{"blobSum":"%s"}],"history":[]}'
        % str(blob["blobSum"]).encode()
    )
    shelf.named(shelf.store.add(media_types.DOCKER_SCHEMA1, schema1), "schema1")
    shown = {tag: shelf.get(tag) for tag in ("image", "index", "attested", "sbom", "odd", "bad", "schema1")}
    shown["index"].referrers(recursive=True)
    return shown


KINDS = ["image", "index", "attested", "sbom", "odd", "bad", "schema1"]


@pytest.mark.parametrize("tag", KINDS)
def test_cards_as_text(shelf: Shelf, tag: str, snapshot: SnapshotAssertion) -> None:
    assert str(every_kind(shelf)[tag]) == snapshot


@pytest.mark.parametrize("tag", KINDS)
def test_cards_as_html(shelf: Shelf, tag: str, snapshot: SnapshotAssertion) -> None:
    bundle = every_kind(shelf)[tag]._repr_mimebundle_()
    assert_safe(bundle)
    page = bundle["text/html"]
    assert page[page.index("</style>") :] == snapshot


@pytest.mark.parametrize("tag", KINDS)
def test_text_and_html_have_the_same_sections_and_digests(shelf: Shelf, tag: str) -> None:
    bundle = every_kind(shelf)[tag]._repr_mimebundle_()
    page, plain = text_of(bundle["text/html"]), bundle["text/plain"]
    headings = [line.strip() for line in plain.splitlines() if re.fullmatch(r"  [A-Z].* \([^)]*\)", line)]
    assert headings[-1].startswith("Raw JSON")
    assert all(heading in page for heading in headings)
    assert str(shelf.get(tag).digest) in plain
    assert str(shelf.get(tag).digest) in page


@pytest.mark.parametrize("tag", KINDS)
def test_f15_nothing_is_asked_by_looking(shelf: Shelf, tag: str) -> None:
    shown = every_kind(shelf)[tag]
    before = shelf.store.total()
    shelf.store.broken = {""}
    repr(shown)
    str(shown)
    shown._repr_mimebundle_()
    dir(shown)
    shown.layers()
    hash(shown)
    if isinstance(shown, Index):
        shown._ipython_key_completions_()
    assert shelf.store.total() == before


def test_repr_is_one_line(shelf: Shelf) -> None:
    for shown in every_kind(shelf).values():
        assert "\n" not in repr(shown)
        assert repr(shown).startswith(f"<{shown.kind} localhost:5000/demo/app:")


def test_an_image_of_many_layers_has_a_small_card(shelf: Shelf) -> None:
    shelf.image("big", layers=3000)
    bundle = shelf.get("big")._repr_mimebundle_()
    assert_safe(bundle)
    assert "Layers (3,000)" in bundle["text/plain"]
    assert "3,000 in all" in text_of(bundle["text/html"])
