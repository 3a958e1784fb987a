"""Platforms, media types and the error tree."""

import inspect
import pickle

import pytest

from regexplore import errors
from regexplore.oci import Descriptor, Digest, Platform, media_types


@pytest.mark.parametrize(
    ("offered", "wanted", "fits"),
    [
        (Platform("linux", "amd64"), Platform("linux", "amd64"), True),
        (Platform("linux", "arm64", "v8"), Platform("linux", "arm64"), True),
        (Platform("linux", "arm64"), Platform("linux", "arm64", "v8"), False),
        (Platform("linux", "arm", "v6"), Platform("linux", "arm", "v7"), False),
        (Platform("windows", "amd64", "", "10.0.1"), Platform("windows", "amd64", "", "10.0.1"), True),
        (Platform("windows", "amd64", "", "10.0.1"), Platform("windows", "amd64", "", "10.0.2"), False),
        (
            Platform("linux", "amd64", "", "", ("sse",)),
            Platform("linux", "amd64", "", "", ("sse", "avx")),
            False,
        ),
    ],
)
def test_platform_selection(offered, wanted, fits):
    assert offered.matches(wanted) is fits


@pytest.mark.parametrize("text", ["linux", "linux/", "a/b/c/d", ""])
def test_platform_text_of_another_shape(text):
    with pytest.raises(ValueError, match="os/architecture"):
        Platform.parse(text)


def test_unknown_platform_of_buildkit():
    assert Platform("unknown", "unknown").is_unknown
    assert str(Platform.parse("linux/arm/v7")) == "linux/arm/v7"


@pytest.mark.parametrize(
    ("media_type", "compression"),
    [
        (media_types.OCI_LAYER_GZIP, "gzip"),
        (media_types.OCI_LAYER_ZSTD, "zstd"),
        (media_types.OCI_LAYER_TAR, "none"),
        (media_types.DOCKER_LAYER_GZIP, "gzip"),
        ("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "gzip"),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", "zstd"),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "gzip"),
        ("application/json", None),
    ],
)
def test_compression_by_media_type(media_type, compression):
    assert media_types.compression(media_type) == compression


def test_nondistributable_layers():
    assert media_types.is_nondistributable("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
    assert not media_types.is_nondistributable(media_types.OCI_LAYER_GZIP)


@pytest.mark.parametrize(
    "text", ["", "json", "a/b/c", "a /b", "a/b\x00", "/", "a/", "\u0430/b", "a" * 300 + "/b"]
)
def test_desc_1_media_types_that_are_none(text):
    with pytest.raises(errors.InvalidMediaTypeError):
        media_types.parse(text)


def test_hlp_4_descriptor_reduced_to_its_content():
    full = Descriptor("a/b", Digest.of(b"x"), 1, {"k": "v"}, "c/d", Platform("linux", "amd64"))
    assert full.plain() == Descriptor("a/b", Digest.of(b"x"), 1)
    assert full.same_content(full.plain())
    assert full != full.plain()
    assert full.with_annotations(None).annotations is None
    assert hash(full) == hash(full.with_annotations({}))


def every_error():
    return [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.RegexploreError)
    ]


@pytest.mark.parametrize("kind", every_error())
def test_err_8_errors_have_one_base_a_hint_and_survive_pickling(kind):
    if issubclass(kind, errors.ResponseError):
        error = kind("GET", "https://r.io/v2/", 418, (errors.ErrorDetail("SHORT_STOUT", "no", "tea"),))
    elif kind is errors.ReferrersError:
        error = kind(kind.DELETE, Descriptor("a/b", Digest.of(b""), 0), "refused")
    elif kind is errors.MissingExtraError:
        error = kind("thing", "extra")
    else:
        error = kind("it broke")
    assert kind.__name__.endswith("Error")
    assert isinstance(error.hint, str)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.hint) == (kind, str(error), error.hint)
    assert (
        f"    {kind.__name__}"
        in (errors.__doc__ or "").replace("├──", "   ").replace("└──", "   ").replace("│", " ")
        or kind is errors.RegexploreError
    )


def test_err_2_3_text_of_a_response_error():
    one = errors.ErrorDetail("MANIFEST_UNKNOWN", "manifest unknown", {"Tag": "v9"})
    two = errors.ErrorDetail("DENIED")
    error = errors.ResponseError("GET", "https://r.io/v2/a/manifests/v9", 404, (one, two))
    assert str(error) == (
        'GET "https://r.io/v2/a/manifests/v9": response status code 404: '
        'manifest unknown: manifest unknown: {"Tag": "v9"}; denied'
    )
    assert error.has_code("DENIED")
    assert not error.has_code("UNSUPPORTED")
    assert "Not Found" in str(errors.ResponseError("GET", "u", 404))
    assert "unknown status" in str(errors.ResponseError("GET", "u", 799))


def test_idx_7_referrers_error_knows_its_operation():
    subject = Descriptor("a/b", Digest.of(b""), 0)
    assert errors.ReferrersError(errors.ReferrersError.DELETE, subject).is_referrers_index_delete
    assert not errors.ReferrersError(errors.ReferrersError.UPDATE, subject).is_referrers_index_delete
