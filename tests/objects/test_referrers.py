"""Referrers: direct, recursive, from several channels, within limits (T31)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regexplore.errors import NotFoundError
from regexplore.frames.found import Found
from regexplore.frames.origin import Origin
from regexplore.frames.referrers import REFERRERS, referrers_frame
from regexplore.objects import referrer_search
from regexplore.oci import Descriptor, media_types

if TYPE_CHECKING:
    from conftest import Shelf

SBOM, SIGNATURE = "application/spdx+json", "application/vnd.example.signature"


def test_direct_referrers_cost_one_request(shelf: Shelf) -> None:
    image = shelf.image("v1")
    sbom = shelf.artifact(SBOM, image, **{"org.opencontainers.image.created": "2024-02-03T00:00:00Z"})
    shelf.artifact(SIGNATURE, sbom)
    frame = shelf.get("v1").referrers()
    assert frame["digest"].tolist() == [sbom.digest]
    row = frame.iloc[0]
    assert (row["kind"], row["artifact_type"], row["subject"], row["depth"]) == (
        "artifact",
        SBOM,
        image.digest,
        1,
    )
    assert str(row["created"]) == "2024-02-03 00:00:00+00:00"
    assert shelf.store.calls[f"referrers {image.digest}"] == 1


def test_no_referrers_is_an_empty_typed_frame_that_says_where_it_looked(shelf: Shelf) -> None:
    shelf.image("v1")
    image = shelf.get("v1")
    assert "not asked yet" in str(image)
    frame = image.referrers()
    assert frame.empty
    assert frame.dtypes.equals(REFERRERS.frame([], Origin("x")).dtypes)
    assert "none found (looked at: referrers API or referrers tag)" in str(image)


def test_f8_recursive_covers_children_referrers_of_referrers_and_attestations(shelf: Shelf) -> None:
    image = shelf.image()
    index = shelf.attested("v1", image)
    of_index, of_image = shelf.artifact(SIGNATURE, index), shelf.artifact(SBOM, image)
    of_sbom = shelf.artifact(SIGNATURE, of_image)
    frame = shelf.get("v1").referrers(recursive=True).set_index("digest")
    assert set(frame.index) >= {of_index.digest, of_image.digest, of_sbom.digest}
    assert len(frame) == 4
    assert frame.loc[of_image.digest, "platform"] == "linux/amd64"
    assert frame.loc[of_sbom.digest, "depth"] == 2
    attestation = frame[frame["channel"] == "index"].iloc[0]
    assert (attestation["kind"], attestation["subject"]) == ("artifact", image.digest)


def test_each_subject_is_asked_once(shelf: Shelf) -> None:
    image = shelf.image()
    shelf.index("v1", [("linux/amd64", image), ("linux/arm64", image)])
    shelf.artifact(SIGNATURE, shelf.artifact(SBOM, image))
    shelf.get("v1").referrers(recursive=True)
    asked = {call: n for call, n in shelf.store.calls.items() if call.startswith("referrers")}
    assert set(asked.values()) == {1}
    assert len(asked) == 4


def test_recursive_filter_keeps_what_refers_to_other_types(shelf: Shelf) -> None:
    image = shelf.image("v1")
    signature = shelf.artifact(SIGNATURE, shelf.artifact(SBOM, image))
    frame = shelf.get("v1").referrers(SIGNATURE, recursive=True)
    assert frame["digest"].tolist() == [signature.digest]


def test_one_subject_that_fails_leaves_the_others(shelf: Shelf) -> None:
    image = shelf.image()
    index = shelf.index("v1", [("linux/amd64", image)])
    shelf.artifact(SIGNATURE, index)
    shelf.store.broken = {f"referrers {image.digest}"}
    shown = shelf.get("v1")
    frame = shown.referrers(recursive=True)
    assert len(frame) == 1
    assert frame.attrs["reasons"][0].startswith(f"referrers of {image.digest}: NotFoundError")
    assert "partial: referrers of" in str(shown)


def test_direct_referrers_that_fail_are_an_error(shelf: Shelf) -> None:
    shelf.image("v1")
    shown = shelf.get("v1")
    shelf.store.broken = {"referrers"}
    with pytest.raises(NotFoundError):
        shown.referrers()


def test_t31_depth_is_bounded_and_said(shelf: Shelf) -> None:
    subject = shelf.image("v1")
    for _ in range(12):
        subject = shelf.artifact(SIGNATURE, subject)
    frame = shelf.get("v1").referrers(recursive=True)
    assert frame["depth"].max() == referrer_search.MAX_DEPTH
    assert frame.attrs["reasons"] == ["referrers of referrers are followed to depth 8"]


def test_t31_number_is_bounded_and_said(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(referrer_search, "MAX_FOUND", 3)
    image = shelf.image("v1")
    for n in range(5):
        shelf.artifact(f"{SIGNATURE}.{n}", shelf.artifact(f"{SBOM}.{n}", image))
    frame = shelf.get("v1").referrers(recursive=True)
    assert len(frame) == 5
    assert "the search stopped at depth 1" in frame.attrs["reasons"][0]


def test_a_name_or_a_descriptor_can_be_asked_for(shelf: Shelf) -> None:
    image = shelf.image("v1")
    shelf.artifact(SBOM, image)
    for target in ("v1", str(image.digest), image, shelf.get("v1")):
        assert len(shelf.referrers(target)) == 1


def test_what_several_channels_show_is_one_row() -> None:
    referrer = Descriptor.from_bytes(media_types.OCI_MANIFEST, b"x")
    found = [Found(referrer, "sha256:s", channel) for channel in ("referrers API", "index", "referrers API")]
    frame = referrers_frame(found, Origin("x"))
    assert frame["channel"].tolist() == ["referrers API, index"]
