"""Test data of other projects: what their schemas call valid is read, what they call broken never breaks us."""

from __future__ import annotations

from collections import Counter

import pytest
from support import published

from regexplore.errors import DocumentError
from regexplore.evidence.recognise import recognise
from regexplore.evidence.sboms.parse import parse_sbom

pytestmark = [pytest.mark.interop]
CYCLONEDX = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")


def of(name: str, folder: str, endings: tuple[str, ...]) -> list[tuple[str, bytes]]:
    found = list(published.files(name, folder, endings))
    if not found:
        pytest.skip(
            f"the source package of {name} was not fetched: python tests/support/tools.py install all"
        )
    return found


@pytest.mark.parametrize("version", CYCLONEDX)
def test_every_valid_cyclonedx_document_is_read(version: str) -> None:
    told: Counter[str] = Counter()
    for name, body in of("cyclonedx-python-lib", f"schemaTestData/{version}", (".json", ".xml")):
        if not name.startswith("valid-"):
            continue
        assert recognise("", "", body).kind in ("sbom", "vex"), name
        sbom = parse_sbom(body)
        assert sbom.format == f"CycloneDX {version}", name
        told["with packages" if sbom.components else "without"] += 1
    assert told["with packages"] >= 30


def test_no_cyclonedx_document_of_any_kind_breaks_the_reader() -> None:
    documents = of("cyclonedx-python-lib", "schemaTestData", (".json", ".xml", ".textproto"))
    refused = 0
    for _, body in documents:
        recognise("", "", body)
        try:
            parse_sbom(body)
        except DocumentError:
            refused += 1
    assert len(documents) > 700
    assert refused < len(documents) / 2


def test_spdx_documents() -> None:
    read = {}
    for name, body in of("spdx-tools", "tests/spdx/data", (".json", ".spdx")):
        recognise("", "", body)
        try:
            read[name] = parse_sbom(body)
        except DocumentError:
            continue
    assert len(read) >= 7
    assert all(sbom.format.startswith("SPDX 2.") for sbom in read.values())
