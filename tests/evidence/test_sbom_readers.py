"""Each format of SBOMs, read into the same parts: name, time, makers, subjects, packages."""

import json
from datetime import UTC, datetime

import pytest
from support import fuzz_targets as seeds

from regexplore.errors import DocumentError
from regexplore.evidence.sboms import cut_off, cyclonedx_xml, parse, spdx_tag_value
from regexplore.evidence.sboms.parse import is_sbom, parse_sbom, read_sbom

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DIGEST = "ab" * 32


def raw(tree):
    return json.dumps(tree).encode()


def only(found):
    (component,) = found.components
    return component


def test_spdx():
    found = parse_sbom(raw(seeds.SPDX))
    assert (found.format, found.name, found.created, found.creators) == (
        "SPDX 2.3",
        "n",
        MOMENT,
        ("Tool: t-1",),
    )
    package = only(found)
    assert (package.name, package.version, package.type, package.purl) == ("bash", "5.2", "deb", seeds.PURL)
    assert (package.licence, package.supplier, found.relationships) == ("MIT", "d (e@x)", 1)


def test_spdx_that_describes_an_image():
    image = {
        "SPDXID": "SPDXRef-image",
        "name": "app",
        "primaryPackagePurpose": "CONTAINER",
        "versionInfo": f"sha256:{DIGEST}",
        "checksums": [
            {"algorithm": "SHA1", "checksumValue": "0"},
            {"algorithm": "SHA256", "checksumValue": DIGEST},
        ],
    }
    tree = {
        **seeds.SPDX,
        "packages": [*seeds.SPDX["packages"], image],
        "documentDescribes": ["SPDXRef-image"],
    }
    found = parse_sbom(raw(tree))
    assert found.subjects == (f"sha256:{DIGEST}",)
    assert only(found).name == "bash"
    relation = {"relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-image"}
    related = {**tree, "documentDescribes": [], "relationships": [relation]}
    assert parse_sbom(raw(related)).subjects == found.subjects


def test_spdx_3():
    found = parse_sbom(raw(seeds.SPDX3))
    assert (found.format, found.created, found.creators) == ("SPDX 3.0", MOMENT, ("x",))
    assert (only(found).name, only(found).version, only(found).licence) == ("bash", "5", "MIT")
    assert found.relationships == 1


def test_spdx_3_identifiers_and_suppliers():
    package = {
        "type": "software_Package",
        "spdxId": "a",
        "name": "bash",
        "suppliedBy": "o",
        "externalIdentifier": [
            {"externalIdentifierType": "packageUrl", "identifier": seeds.PURL},
            {"externalIdentifierType": "cpe23", "identifier": "cpe:2.3:a:b"},
        ],
    }
    tree = {**seeds.SPDX3, "@graph": [package, {"type": "Organization", "spdxId": "o", "name": "Debian"}]}
    one = only(parse_sbom(raw(tree)))
    assert (one.purl, one.type, one.cpe, one.supplier) == (seeds.PURL, "deb", "cpe:2.3:a:b", "Debian")


def test_cyclonedx():
    found = parse_sbom(raw(seeds.CYCLONEDX))
    assert (found.format, found.created, found.creators) == ("CycloneDX 1.6", MOMENT, ("Tool: t",))
    outer, inner = found.components
    assert (outer.name, outer.purl, outer.licence) == ("bash", seeds.PURL, "MIT AND A OR B")
    assert inner.name == "inner"


def test_cyclonedx_about_an_image_made_by_old_tools():
    about = {
        "name": "app",
        "version": f"sha256:{DIGEST}",
        "purl": f"pkg:oci/app@sha256%3A{DIGEST}",
        "hashes": [{"alg": "SHA-256", "content": "cd" * 32}, {"alg": "MD5", "content": "0"}],
    }
    metadata = {
        "tools": [{"name": "t", "version": "1"}],
        "authors": [{"name": "ada"}, {"email": "e@x"}],
        "supplier": {"name": "s"},
        "component": about,
    }
    components = [
        {"type": "file", "name": "f"},
        {"type": "library", "group": "g", "name": "n", "publisher": "p", "cpe": "c"},
    ]
    tree = {
        **seeds.CYCLONEDX,
        "metadata": metadata,
        "components": components,
        "dependencies": [{"dependsOn": ["a", "b"]}, {"dependsOn": 1}],
    }
    found = parse_sbom(raw(tree))
    assert found.creators == ("Tool: t-1", "ada", "e@x", "s")
    assert found.subjects == (f"sha256:{DIGEST}", "sha256:" + "cd" * 32)
    assert (only(found).name, only(found).supplier, only(found).cpe, found.relationships) == (
        "g/n",
        "p",
        "c",
        2,
    )


def test_cyclonedx_xml():
    found = parse_sbom(seeds.CYCLONEDX_XML)
    assert (found.format, found.created) == ("CycloneDX 1.4", MOMENT)
    one = only(found)
    assert (one.name, one.version, one.type, one.purl, one.licence) == ("bash", "5", "deb", seeds.PURL, "MIT")


@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><bom xmlns="http://cyclonedx.org/schema/bom/1.4">&b;</bom>',
        b'<bom xmlns="http://cyclonedx.org/schema/bom/1.4">' + b"<a>" * 5000,
        b"<html></html>",
        b"<bom",
    ],
)
def test_t34_xml_with_more_than_elements_is_refused(hostile):
    with pytest.raises(DocumentError):
        parse_sbom(hostile)


def test_syft():
    tree = {
        **seeds.SYFT,
        "source": {
            "type": "image",
            "metadata": {"userInput": "app:v1", "manifestDigest": f"sha256:{DIGEST}"},
        },
        "artifactRelationships": [{"parent": "a"}],
    }
    found = parse_sbom(raw(tree))
    assert (found.format, found.name, found.creators) == ("syft 16", "app:v1", ("Tool: syft-1",))
    assert (found.subjects, found.relationships) == ((f"sha256:{DIGEST}",), 1)
    assert (only(found).name, only(found).type, only(found).licence) == ("bash", "deb", "MIT")


def test_syft_of_an_older_schema():
    one = {
        "name": "a",
        "type": "gem",
        "licenses": ["MIT"],
        "cpes": [{"cpe": "c"}],
        "metadata": {"vendor": "v"},
    }
    found = only(parse_sbom(raw({**seeds.SYFT, "artifacts": [one]})))
    assert (found.type, found.licence, found.cpe, found.supplier) == ("gem", "MIT", "c", "v")


def test_spdx_tag_value():
    found = parse_sbom(seeds.TAG_VALUE)
    assert (found.format, found.name, found.created, found.creators) == (
        "SPDX 2.3",
        "n",
        MOMENT,
        ("Tool: t",),
    )
    assert (only(found).name, only(found).version, only(found).purl) == ("bash", "5", seeds.PURL)


def test_a_document_that_is_cut_off_gives_what_is_whole():
    whole = {**seeds.SPDX, "packages": seeds.SPDX["packages"] * 3}
    whole.pop("relationships")
    cut = raw(whole)[:-60]
    found = parse_sbom(cut)
    assert len(found.components) == 2
    assert "cut off" in found.problems[-1]
    assert "2 elements" in found.problems[-1]


@pytest.mark.parametrize(
    "cut", [b'{"spdxVersion": "SPDX-2.3', b'{"spdxVersion": "SPDX-2.3", "packages": [{"na']
)
def test_a_document_cut_off_too_early_is_refused(cut):
    with pytest.raises(DocumentError, match="cut off"):
        parse_sbom(cut)


def test_a_predicate_may_be_a_text_or_be_wrapped_once_more():
    text = json.dumps(seeds.SPDX)
    for predicate in (text, {"Data": seeds.SPDX}, {"Data": text}):
        assert only(read_sbom(predicate)).name == "bash"


def test_what_is_none_is_refused():
    for other in ({}, [], 1, {"bomFormat": "other"}):
        assert not is_sbom(other)
        with pytest.raises(DocumentError, match="neither SPDX"):
            read_sbom(other)
    assert is_sbom(seeds.SYFT)


@pytest.mark.parametrize("module", ["spdx", "cyclonedx", "syft"])
def test_the_number_of_packages_is_bounded_and_told(module, monkeypatch):
    reader = getattr(parse, f"read_{module}").__globals__
    monkeypatch.setitem(reader, "MAX_PACKAGES", 2)
    tree, key = {
        "spdx": (seeds.SPDX, "packages"),
        "cyclonedx": (seeds.CYCLONEDX, "components"),
        "syft": (seeds.SYFT, "artifacts"),
    }[module]
    found = parse_sbom(raw({**tree, key: [{"name": "a", "SPDXID": "b"}] * 5}))
    assert len(found.components) == 2
    assert "only the first 2" in found.problems[0]


def test_a_document_that_is_broken_in_its_middle_is_not_taken_for_one_that_is_cut_off():
    whole = raw(seeds.SPDX)
    with pytest.raises(DocumentError, match="not JSON"):
        parse_sbom(whole.replace(b'"packages"', b"packages", 1))


def test_a_text_of_many_lines_is_one_value():
    more = b"PackageLicenseConcluded: <text>MIT\nPackageName: not a package\nend</text>\nPackageName: zsh\n"
    found = parse_sbom(seeds.TAG_VALUE + more)
    assert [one.name for one in found.components] == ["bash", "zsh"]
    assert found.components[0].licence == "MIT\nPackageName: not a package\nend"


@pytest.mark.parametrize(
    ("module", "package", "more", "told"),
    [
        (
            spdx_tag_value,
            b"PackageName: a\n",
            b"SPDXVersion: SPDX-2.3\n%s",
            "only the first 2 packages were read",
        ),
        (
            cyclonedx_xml,
            b"<component><name>a</name></component>",
            b'<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components>%s</components></bom>',
            "only the first 2 components were read",
        ),
    ],
)
def test_the_number_of_packages_in_texts_is_bounded_and_told(module, package, more, told, monkeypatch):
    monkeypatch.setattr(module, "MAX_PACKAGES", 2)
    found = parse_sbom(more % (package * 5))
    assert ([one.name for one in found.components], found.problems) == (["a", "a"], (told,))
    assert parse_sbom(more % (package * 2)).problems == ()


def test_t34_the_number_of_lines_is_bounded_and_told(monkeypatch):
    monkeypatch.setattr(spdx_tag_value, "MAX_LINES", 3)
    lines = b"SPDXVersion: SPDX-2.3\nPackageName: a\n\n"
    assert parse_sbom(lines).problems == ()
    found = parse_sbom(lines + b"PackageName: b\n")
    assert (only(found).name, found.problems) == ("a", ("only the first 3 lines were read",))


def test_a_licence_that_was_only_declared_is_one_where_none_was_concluded():
    more = b"PackageLicenseConcluded: %s\nPackageLicenseDeclared: MIT\n"
    for concluded, licence in ((b"NOASSERTION", "MIT"), (b"Apache-2.0", "Apache-2.0")):
        assert only(parse_sbom(seeds.TAG_VALUE + more % concluded)).licence == licence


def test_t26_of_a_document_that_is_cut_off_so_much_is_read_and_no_more(monkeypatch):
    monkeypatch.setattr(cut_off, "MAX_PACKAGES", 2)
    cut = raw({**seeds.SPDX, "relationships": [], "packages": seeds.SPDX["packages"] * 50})[:-4]
    assert len(parse_sbom(cut).components) == 11


def test_spdx_3_identifiers_that_are_not_known_say_nothing():
    package = {
        "type": "software_Package",
        "name": "bash",
        "externalIdentifier": [{"externalIdentifierType": "swhid", "identifier": "swh:1"}],
    }
    one = only(parse_sbom(raw({**seeds.SPDX3, "@graph": [package]})))
    assert (one.name, one.purl, one.cpe) == ("bash", "", "")


def test_cyclonedx_xml_says_who_made_it_what_it_is_about_and_what_needs_what():
    text = b"""<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><metadata>
      <tools><tool><vendor>v</vendor><name>t</name><version>1</version></tool></tools>
      <authors><author><name>ada</name></author></authors>
      <component type="container"><name>app</name><version>sha256:%s</version></component>
      <supplier><name>a supplier of the document</name></supplier></metadata>
      <components><component><supplier><name>d</name></supplier><group>g</group><name>n</name>
        <properties><property><name>not its name</name></property></properties>
        <licenses><expression>MIT OR Zlib</expression></licenses></component></components>
      <dependencies><dependency ref="a"><dependency ref="b"/><dependency ref="c"/></dependency></dependencies>
      </bom>"""
    found = parse_sbom(text % DIGEST.encode())
    assert (found.name, found.creators) == ("app", ("Tool: t-1", "ada"))
    assert (found.subjects, found.relationships) == ((f"sha256:{DIGEST}",), 2)
    one = only(found)
    assert (one.name, one.supplier, one.licence) == ("g/n", "d", "MIT OR Zlib")


def test_t34_texts_and_makers_in_xml_are_cut():
    maker = b"<tool><name>t</name></tool>"
    text = (
        b'<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><metadata><tools>%s</tools></metadata>'
        b"<components><component><name>%s</name></component></components></bom>"
    )
    long = b"".join(b"x" * 900 + b"&amp;" for _ in range(30))
    found = parse_sbom(text % (maker * 50, long))
    assert len(found.creators) == 20
    assert len(only(found).name) == 10_000
