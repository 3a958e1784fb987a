"""Every parser of remote text as one function of bytes, with seeds that it accepts.

A target may refuse its input by raising a `RegexploreError`, or one of the types it documents; anything else that it
raises is a find. hypothesis, atheris, the kept inputs and the measurements of growth all drive the same table.
"""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import struct
import tarfile
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from regexplore.auditing.policy import load_policy
from regexplore.auditing.waivers import load_waivers
from regexplore.content.archive_files import Archive
from regexplore.content.layer_limits import LayerLimits
from regexplore.content.memory import MemoryStore
from regexplore.content.tar_entries import TarReader
from regexplore.errors import RegexploreError
from regexplore.evidence.certificates import load_certificates, load_der, signer_of
from regexplore.evidence.claimed_signer import claimed_signer
from regexplore.evidence.dsse import parse_envelope
from regexplore.evidence.in_toto import parse_statement
from regexplore.evidence.log_entry import parse_log_entry
from regexplore.evidence.notation_envelope import parse_cose, parse_jws, parse_notation
from regexplore.evidence.piece import Evidence
from regexplore.evidence.public_keys import load_public_key
from regexplore.evidence.recognise import recognise
from regexplore.evidence.sboms.parse import parse_sbom
from regexplore.evidence.sigstore_bundle import parse_bundle
from regexplore.evidence.simple_signing import parse_simple_signing
from regexplore.evidence.slsa import provenance_of
from regexplore.evidence.trust import Identity, Trust
from regexplore.evidence.verification import verify
from regexplore.evidence.vex import read_vex
from regexplore.evidence.vulnerability_scan import read_scan
from regexplore.image.build_steps import build_step, dockerfile
from regexplore.image.compression import unpacked
from regexplore.image.packages.apk import read_apk
from regexplore.image.packages.dpkg import read_dpkg
from regexplore.image.packages.go_build import find_build_info, read_go
from regexplore.image.packages.languages import read_node, read_python
from regexplore.image.packages.os_release import read_os_release
from regexplore.image.packages.requirement import Requirement
from regexplore.image.packages.rpm import read_rpm
from regexplore.image.packages.versions import later
from regexplore.image.soci import read_ztoc
from regexplore.image.table_of_contents import CHUNKED_DIGEST, CHUNKED_POSITION, STARGZ_DIGEST, read_table
from regexplore.oci import (
    Descriptor,
    Digest,
    Document,
    ImageConfig,
    Platform,
    Reference,
    media_types,
    normalize,
    strict_json,
)
from regexplore.remote.auth.challenge import best_challenge, parse_challenges
from regexplore.remote.auth.realm import check_realm
from regexplore.remote.auth.scope import clean_scopes
from regexplore.remote.credentials.docker_config import DockerConfigStore
from regexplore.remote.credentials.memory_config import memory_store_of
from regexplore.remote.link import next_page
from regexplore.remote.origin import Origin
from regexplore.remote.warning import parse_warnings

Feed = Callable[[bytes], object]
SOCI = Path(__file__).parents[1] / "image" / "soci"
LIMITS = LayerLimits(unpacked_bytes=8 << 20, entries=20_000)
IMAGE = Descriptor.from_bytes(media_types.OCI_MANIFEST, b"{}")


@dataclass(frozen=True)
class Target:
    """One parser, what it may be fed to begin with, and what else than `RegexploreError` it documents.

    What is not ``remote`` is a file of the user's own: it must not crash, but may take the time of the TOML library.
    """

    feed: Feed
    seeds: tuple[bytes, ...]
    documented: tuple[type[Exception], ...] = ()
    remote: bool = True

    def __call__(self, raw: bytes) -> bool:
        """Feed the parser; whether it took the input."""
        try:
            self.feed(raw)
        except (RegexploreError, *self.documented):
            return False
        return True


def text(parse: Callable[[str], object]) -> Feed:
    """A parser of header text: HTTP headers arrive as Latin-1."""
    return lambda raw: parse(raw.decode("latin-1"))


def unicode(parse: Callable[[str], object]) -> Feed:
    """A parser of text out of a document."""
    return lambda raw: parse(raw.decode("utf-8", "replace"))


# ---- documents -----------------------------------------------------------------------------------


def _document(media_type: str) -> Feed:
    def feed(raw: bytes) -> object:
        document = Document.parse(raw, Descriptor.from_bytes(media_type, raw))
        return document.successors(), document.artifact_type, document.annotations

    return feed


def _history(raw: bytes) -> object:
    config = Document.parse(raw, Descriptor.from_bytes(media_types.OCI_CONFIG, raw))
    assert isinstance(config, ImageConfig)
    return [build_step(entry.created_by) for entry in config.history], dockerfile(config.history)


# ---- files ---------------------------------------------------------------------------------------


def _in_file(name: str, use: Callable[[Path], object]) -> Feed:
    def feed(raw: bytes) -> object:
        with TemporaryDirectory() as folder:
            path = Path(folder, name)
            path.write_bytes(raw)
            return use(path)

    return feed


def _docker_config(path: Path) -> object:
    store = DockerConfigStore(path, detect_default=False)
    # The helper that a hostile file names is never run here.
    if store._helper("registry.example") is not None:
        return None
    return store.get("registry.example"), store.get("https://index.docker.io/v1/")


def _layout(path: Path) -> object:
    archive = Archive(str(path))
    return [archive.read(name, 1 << 20) for name in list(archive.members)[:20]]


# ---- layers --------------------------------------------------------------------------------------


def _tar(raw: bytes) -> object:
    found = []
    reader = TarReader(iter([raw[:700], raw[700:]]), LIMITS)
    for entry in reader:
        found.append((entry, b"".join(reader.body())))
    return found


def _layer(raw: bytes) -> object:
    return sum(len(chunk) for chunk in unpacked(io.BytesIO(raw), "", LIMITS))


def _table(annotations: Callable[[bytes, bytes], dict[str, str]]) -> Feed:
    """A layer whose annotations vouch for whatever the table has become."""

    def feed(raw: bytes) -> object:
        whole, checked = raw, raw
        if annotations is _stargz:
            packed = gzip.compress(_tar_of({"stargz.index.json": raw}), mtime=0)
            footer = _stargz_footer(0)
            whole = packed + footer
        store = MemoryStore()
        descriptor = store.add(media_types.OCI_LAYER_GZIP, whole)
        descriptor = descriptor.with_annotations(annotations(whole, checked))
        table = read_table(store, descriptor)
        return [_try_content(table, store, row) for row in range(min(len(table.listing.names), 5))]

    return feed


def _stargz(_whole: bytes, checked: bytes) -> dict[str, str]:
    return {STARGZ_DIGEST: Digest.of(checked)}


def _chunked(whole: bytes, _checked: bytes) -> dict[str, str]:
    return {CHUNKED_DIGEST: Digest.of(whole), CHUNKED_POSITION: f"0:{len(whole)}:0:1"}


def _stargz_footer(offset: int) -> bytes:
    extra = b"SG" + (22).to_bytes(2, "little") + b"%016xSTARGZ" % offset
    head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + len(extra).to_bytes(2, "little") + extra
    return head + b"\x01\0\0\xff\xff" + bytes(8)


def _raw_stargz(raw: bytes) -> object:
    """The packed side: footer, member and archive are the registry's too."""
    store = MemoryStore()
    descriptor = store.add(media_types.OCI_LAYER_GZIP, raw)
    return read_table(store, descriptor.with_annotations({STARGZ_DIGEST: Digest.of(_toc())}))


def _soci(raw: bytes) -> object:
    layer = (SOCI / "one-member.tar.gz").read_bytes()
    store = MemoryStore()
    of = store.add(media_types.OCI_LAYER_GZIP, layer)
    table = read_ztoc(store, store.add("application/octet-stream", raw), of)
    return [_try_content(table, store, row) for row in range(min(len(table.listing.names), 5))]


def _try_content(table: Any, store: MemoryStore, row: int) -> bytes:
    try:
        return table.content(store, row)  # type: ignore[no-any-return]
    except RegexploreError:
        return b""


# ---- evidence ------------------------------------------------------------------------------------

TRUST = Trust(identities=(Identity(identity="*"),), sigstore="", roots="")


def _answering(feed: Feed) -> Feed:
    """What is told of whatever it is given refuses nothing, not even by name."""

    def strict(raw: bytes) -> object:
        try:
            return feed(raw)
        except RegexploreError as error:
            raise AssertionError(f"it answers, and never raises: {error}") from error

    return strict


def _verified(form: str, annotations: dict[str, str] | None = None) -> Feed:
    """The whole way of a piece of evidence: who claims it, and whether it holds."""

    def feed(raw: bytes) -> object:
        part = Descriptor.from_bytes("application/octet-stream", raw)
        piece = Evidence(
            manifest=part,
            part=part,
            subject=IMAGE.digest,
            format=form,
            body=raw,
            annotations=annotations or {},
        )
        claimed_signer(piece)
        verdict = verify(piece, IMAGE, TRUST)
        assert verdict.status != "verified"
        return verdict

    return _answering(feed)


def _annotated(name: str) -> Feed:
    """The same, for what stands in an annotation."""

    def feed(raw: bytes) -> object:
        value = raw.decode("utf-8", "replace")
        return _verified("cosign signature", {"dev.cosignproject.cosign/signature": "aaaa", name: value})(
            _json_bytes(SIMPLE_SIGNING)
        )

    return feed


def _statement(raw: bytes) -> object:
    statement = parse_statement(raw)
    return provenance_of(statement), read_vex(statement.predicate), read_scan(statement.predicate)


def _certificate(raw: bytes) -> object:
    return [signer_of(one) for one in load_certificates(raw)]


def _recognised(raw: bytes) -> object:
    for media_type in ("", "application/vnd.in-toto+json", "application/json"):
        recognise(media_type, "", raw)
    return True


# ---- seeds ---------------------------------------------------------------------------------------

HASH = "sha256:" + "ab" * 32
LAYER = {"mediaType": media_types.OCI_LAYER_GZIP, "digest": HASH, "size": 5, "annotations": {"a": "b"}}
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": media_types.OCI_MANIFEST,
    "artifactType": "a/b",
    "config": {"mediaType": media_types.OCI_CONFIG, "digest": HASH, "size": 2, "data": "e30="},
    "layers": [LAYER, LAYER],
    "subject": {"mediaType": media_types.OCI_MANIFEST, "digest": HASH, "size": 9},
    "annotations": {"org.opencontainers.image.created": "2026-01-02T03:04:05Z"},
}
INDEX = {
    "schemaVersion": 2,
    "mediaType": media_types.OCI_INDEX,
    "manifests": [
        {
            "mediaType": media_types.OCI_MANIFEST,
            "digest": HASH,
            "size": 7,
            "platform": {"os": "linux", "architecture": "arm", "variant": "v7", "os.features": ["x"]},
        }
    ],
}
CONFIG = {
    "architecture": "amd64",
    "os": "linux",
    "created": "2026-01-02T03:04:05.123456789+01:00",
    "config": {"User": "ada", "Env": ["A=b"], "Labels": {"a": "b"}, "ExposedPorts": {"80/tcp": {}}},
    "rootfs": {"type": "layers", "diff_ids": [HASH, HASH]},
    "history": [
        {"created": "2026-01-02T03:04:05Z", "created_by": "/bin/sh -c #(nop) ADD file:a in /"},
        {"created_by": "RUN /bin/sh -c apt-get # buildkit", "empty_layer": True, "comment": "c"},
    ],
}
SIMPLE_SIGNING = {
    "critical": {
        "identity": {"docker-reference": "registry.example/app"},
        "image": {"docker-manifest-digest": IMAGE.digest},
        "type": "cosign container image signature",
    },
    "optional": None,
}
STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": "app", "digest": {"sha256": IMAGE.digest.encoded}}],
    "predicateType": "https://slsa.dev/provenance/v1",
    "predicate": {
        "buildDefinition": {
            "buildType": "b",
            "resolvedDependencies": [{"uri": "u", "digest": {"sha1": "a"}}],
        },
        "runDetails": {"builder": {"id": "i"}, "metadata": {"startedOn": "2026-01-02T03:04:05Z"}},
    },
}


def _json_bytes(tree: Any) -> bytes:
    return json.dumps(tree, separators=(",", ":")).encode()


def _b64(raw: bytes) -> str:
    return b64encode(raw).decode()


def _envelope() -> dict[str, Any]:
    return {
        "payloadType": "application/vnd.in-toto+json",
        "payload": _b64(_json_bytes(STATEMENT)),
        "signatures": [{"sig": "aaaa", "keyid": "k"}],
    }


def _jws() -> bytes:
    target = {"targetArtifact": {"mediaType": IMAGE.media_type, "digest": IMAGE.digest, "size": 2}}
    protected = {
        "alg": "PS256",
        "cty": "application/vnd.cncf.notary.payload.v1+json",
        "crit": ["io.cncf.notary.signingScheme"],
        "io.cncf.notary.signingScheme": "notary.x509",
        "io.cncf.notary.signingTime": "2026-01-02T03:04:05Z",
    }
    header = {"x5c": [_b64(_der())], "io.cncf.notary.signingAgent": "a"}
    body = {
        "payload": _b64(_json_bytes(target)).rstrip("="),
        "protected": _b64(_json_bytes(protected)).rstrip("="),
        "header": header,
        "signature": "aaaa",
    }
    return _json_bytes(body)


def _cose() -> bytes:
    import cbor2

    target = {"targetArtifact": {"mediaType": IMAGE.media_type, "digest": IMAGE.digest, "size": 2}}
    protected = cbor2.dumps(
        {
            1: -37,
            2: ["io.cncf.notary.signingScheme"],
            3: "application/vnd.cncf.notary.payload.v1+json",
            "io.cncf.notary.signingScheme": "notary.x509",
            "io.cncf.notary.signingTime": cbor2.CBORTag(1, 1767322800),
        }
    )
    parts = [protected, {33: [_der()]}, _json_bytes(target), b"s" * 64]
    # Beside whichever copy of the package made the tag: its head is one byte.
    return b"\xd2" + cbor2.dumps(parts)


@cache
def _der() -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    from regexplore.sandbox.demo.keys import RELEASE

    return RELEASE.certificate.public_bytes(Encoding.DER)


def _pem() -> bytes:
    return b"-----BEGIN CERTIFICATE-----\n" + b64encode(_der()) + b"\n-----END CERTIFICATE-----\n"


def _public_key() -> bytes:
    from regexplore.sandbox.demo.keys import public_keys

    return next(iter(public_keys().values())).encode()


def _bundle() -> bytes:
    entry = {
        "logIndex": "7",
        "logId": {"keyId": "aaaa"},
        "kindVersion": {"kind": "dsse", "version": "0.0.1"},
        "integratedTime": "1767322800",
        "inclusionPromise": {"signedEntryTimestamp": "aaaa"},
        "canonicalizedBody": "e30=",
    }
    material = {"certificate": {"rawBytes": _b64(_der())}, "tlogEntries": [entry]}
    return _json_bytes(
        {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": material,
            "dsseEnvelope": _envelope(),
        }
    )


def _log_entry() -> bytes:
    body = {"kind": "hashedrekord", "spec": {"data": {"hash": {"value": "ab"}}, "signature": {}}}
    payload = {
        "body": _b64(_json_bytes(body)),
        "integratedTime": 1767322800,
        "logIndex": 7,
        "logID": "ab" * 32,
    }
    return _json_bytes({"SignedEntryTimestamp": "aaaa", "Payload": payload})


PURL = "pkg:deb/debian/bash@5.2?arch=amd64"
SPDX = {
    "spdxVersion": "SPDX-2.3",
    "name": "n",
    "documentNamespace": "u",
    "creationInfo": {"creators": ["Tool: t-1"], "created": "2026-01-02T03:04:05Z"},
    "packages": [
        {
            "SPDXID": "SPDXRef-a",
            "name": "bash",
            "versionInfo": "5.2",
            "supplier": "Organization: d (e@x)",
            "licenseConcluded": "NOASSERTION",
            "licenseDeclared": "MIT",
            "externalRefs": [{"referenceType": "purl", "referenceLocator": PURL}],
        }
    ],
    "relationships": [
        {"spdxElementId": "SPDXRef-a", "relationshipType": "CONTAINS", "relatedSpdxElement": "b"}
    ],
}
SPDX3 = {
    "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
    "@graph": [
        {"type": "CreationInfo", "@id": "_:c", "created": "2026-01-02T03:04:05Z", "createdBy": ["x"]},
        {"type": "software_Package", "spdxId": "a", "name": "bash", "software_packageVersion": "5"},
        {"type": "Relationship", "from": "a", "relationshipType": "hasDeclaredLicense", "to": ["l"]},
        {
            "type": "simplelicensing_LicenseExpression",
            "spdxId": "l",
            "simplelicensing_licenseExpression": "MIT",
        },
    ],
}
CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "metadata": {"timestamp": "2026-01-02T03:04:05Z", "tools": {"components": [{"name": "t"}]}},
    "components": [
        {
            "type": "library",
            "bom-ref": "a",
            "name": "bash",
            "version": "5",
            "purl": PURL,
            "licenses": [{"license": {"id": "MIT"}}, {"expression": "A OR B"}],
            "components": [{"name": "inner"}],
        }
    ],
    "dependencies": [{"ref": "a", "dependsOn": []}],
}
CYCLONEDX_XML = (
    b'<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.4" version="1"><metadata><timestamp>'
    b"2026-01-02T03:04:05Z</timestamp><tools><tool><name>t</name></tool></tools></metadata><components>"
    b'<component type="library"><name>bash</name><version>5</version><licenses><license><id>MIT</id></license>'
    b"</licenses><purl>" + PURL.encode().replace(b"&", b"&amp;") + b"</purl></component></components></bom>"
)
SYFT = {
    "artifacts": [
        {
            "id": "a",
            "name": "bash",
            "version": "5",
            "type": "deb",
            "purl": PURL,
            "licenses": [{"value": "MIT"}],
        }
    ],
    "source": {"type": "image"},
    "descriptor": {"name": "syft", "version": "1"},
    "schema": {"version": "16", "url": "https://raw.example/anchore/syft/main/schema.json"},
}
TAG_VALUE = (
    b"SPDXVersion: SPDX-2.3\nDocumentName: n\nCreator: Tool: t\nCreated: 2026-01-02T03:04:05Z\n\n"
    b"##### Package: bash\nPackageName: bash\nSPDXID: SPDXRef-a\nPackageVersion: 5\nPackageComment: <text>a\nb"
    b"</text>\nExternalRef: PACKAGE-MANAGER purl " + PURL.encode() + b"\n"
)
OPENVEX = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "author": "a",
    "timestamp": "2026-01-02T03:04:05Z",
    "statements": [
        {"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "p"}], "status": "not_affected"},
    ],
}
SCAN = {"scanner": {"uri": "u", "result": {"Results": []}}, "metadata": {"scanFinishedOn": "2026-01-02"}}

POLICY = b'builders = ["https://ci.example/*"]\nmax_age_days = 30\nsbom_share = 0.5\n[end_of_life]\n"a-1" = 2026-01-02\n'
WAIVERS = (
    b'[[waivers]]\nrule = "CFG01"\nreference = "*/demo/app:*"\nreason = "r"\nby = "b"\nexpires = 2027-01-31\n'
)
DOCKER_CONFIG = {
    "auths": {
        "registry.example": {"auth": _b64(b"ada:lovelace")},
        "https://index.docker.io/v1/": {"username": "ada", "password": "p", "identitytoken": "t"},
    },
    "HttpHeaders": {"a": "b"},
}
DPKG = (
    b"Package: bash\nStatus: install ok installed\nArchitecture: amd64\nSource: bash (5.2-1)\nVersion: 5.2-1\n"
    b"Description: shell\n long\n .\n\nPackage: zlib\nStatus: deinstall ok config-files\nVersion: 1\n"
)
APK = b"P:musl\nV:1.2-r0\nA:x86_64\nL:MIT\no:musl\n\nP:zlib\nV:1\n"
PYTHON = b"Metadata-Version: 2.1\nName: requests\nVersion: 2.33\nLicense: MIT\nClassifier: License :: OSI\n\nbody\n"
NODE = _json_bytes({"name": "left-pad", "version": "1.0.0", "license": {"type": "MIT"}})
_MODULES = b"s" * 16 + b"path\tx\nmod\tgithub.com/a/b\tv1\th1:\ndep\tc.d/e\tv2\n=>\tf.g/h\tv3\n" + b"s" * 16
GO = (
    b"\x7fELF"
    + bytes(60)
    + b"\xff Go buildinf:\x08\x02"
    + bytes(16)
    + b"\x08go1.22.0"
    + b"".join((bytes([len(_MODULES)]), _MODULES))
)


def rpm_database(*headers: bytes) -> bytes:
    """Return an rpm database that holds some headers."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(one,) for one in headers])
    connection.commit()
    return connection.serialize()


def rpm_header(values: dict[int, str | int]) -> bytes:
    """Return a package header of rpm: an index of tags, and the data that it points into."""
    index, data = b"", b""
    for tag, value in values.items():
        if isinstance(value, int):
            data += bytes(-len(data) % 4)
            index += struct.pack(">IIII", tag, 4, len(data), 1)
            data += struct.pack(">I", value)
        else:
            index += struct.pack(">IIII", tag, 6, len(data), 1)
            data += value.encode() + b"\0"
    return struct.pack(">II", len(values), len(data)) + index + data


def _tar_of(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _tar_seeds() -> tuple[bytes, ...]:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, kind in (("d/", b"5"), ("l" * 150, b"2"), ("h", b"1"), ("dev/null", b"3")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.uid = kind, "t" * 120, 1 << 30
            archive.addfile(member)
    return _tar_of({"a": b"content", "é" * 90: b"x" * 600}), packed.getvalue()


def _toc() -> bytes:
    entry = {
        "name": "a",
        "type": "reg",
        "size": 3,
        "offset": 0,
        "digest": HASH,
        "modtime": "2026-01-02T03:04:05Z",
    }
    more = [
        {"name": "d/", "type": "dir", "mode": 493},
        {"name": "l", "type": "symlink", "linkName": "a"},
        {**entry, "name": "b", "offset": 5, "chunkSize": 2, "chunkDigest": HASH, "endOffset": 9},
        {"name": "b", "type": "chunk", "offset": 9, "chunkOffset": 2},
    ]
    return _json_bytes({"version": 1, "entries": [entry, *more]})


def _zstd(content: bytes) -> bytes:
    from backports import zstd

    return zstd.compress(content)


def _stargz_layer() -> bytes:
    return gzip.compress(_tar_of({"stargz.index.json": _toc()}), mtime=0) + _stargz_footer(0)


# ---- the table -----------------------------------------------------------------------------------


@cache
def targets() -> dict[str, Target]:
    """Return all targets by name."""
    return {**_names(), **_headers(), **_documents(), **_files(), **_layers(), **_evidence(), **_packages()}


def _names() -> dict[str, Target]:
    reference = (b"registry.example:5000/demo/app:v1.2", b"localhost/a/b@" + HASH.encode())
    return {
        "reference": Target(unicode(Reference.parse), reference),
        "short name": Target(unicode(normalize), reference),
        "digest": Target(unicode(Digest), (HASH.encode(), b"sha512:" + b"0" * 128)),
        "media type": Target(
            text(media_types.parse), (b'application/vnd.oci.image.index.v1+json; charset="utf-8"',)
        ),
        "platform": Target(unicode(Platform.parse), (b"linux/arm64/v8", b"windows/amd64"), (ValueError,)),
        "requirement": Target(unicode(Requirement.parse), (b"openssl<3.0.7", b"bash>=5,<6", b"x==1")),
        "versions": Target(
            unicode(lambda one: [later(kind, one, "1.2") for kind in ("deb", "rpm", "apk", "pypi", "npm")]),
            (b"1:2.3~rc1-4+b5", b"1.0a1.post2.dev3", b"1.0_alpha_p2-r3"),
        ),
    }


def _headers() -> dict[str, Target]:
    page = "https://registry.example/v2/a/tags/list?n=2"
    return {
        "Link": Target(
            text(lambda line: next_page([line], page)),
            (
                b'</v2/a/tags/list?n=2&last=b>; rel="next"',
                b"/v2/a/tags/list?last=x; rel=next",
                b"<a>;x, <b>;rel=next",
            ),
        ),
        "challenge": Target(
            text(lambda line: best_challenge(parse_challenges([line]))),
            (
                b'Bearer realm="https://auth.example/t",service="s",scope="repository:a:pull", Basic realm="b"',
            ),
        ),
        "realm": Target(
            text(lambda realm: check_realm(realm, Origin.of("https://registry.example"))),
            (b"https://auth.registry.example/token?x=1",),
        ),
        "scopes": Target(
            text(lambda line: clean_scopes(line.split(" "))),
            (b"repository:a/b:pull,push registry:catalog:*", b"repository:a:pull repository:a:*"),
        ),
        "Warning": Target(
            text(lambda line: parse_warnings([line])),
            (b'299 - "going \\"away\\"" "Sat, 25 Aug 2026", 299 a "b"',),
        ),
    }


def _documents() -> dict[str, Target]:
    schema1 = {
        "schemaVersion": 1,
        "name": "a",
        "tag": "b",
        "architecture": "amd64",
        "fsLayers": [{"blobSum": HASH}],
        "history": [{"v1Compatibility": "{}"}],
        "signatures": [
            {"protected": _b64(b'{"formatLength":20,"formatTail":"fQ"}'), "signature": "a", "header": {}}
        ],
    }
    artifact = {"mediaType": media_types.OCI_ARTIFACT_MANIFEST, "artifactType": "a/b", "blobs": [LAYER]}
    return {
        "JSON": Target(strict_json.loads, (_json_bytes(INDEX), b'{"a":[1.5e3,"\\ud83d\\ude00",null]}')),
        "image manifest": Target(_document(media_types.OCI_MANIFEST), (_json_bytes(MANIFEST),)),
        "index": Target(_document(media_types.OCI_INDEX), (_json_bytes(INDEX),)),
        "artifact manifest": Target(_document(media_types.OCI_ARTIFACT_MANIFEST), (_json_bytes(artifact),)),
        "image config": Target(_document(media_types.OCI_CONFIG), (_json_bytes(CONFIG),)),
        "build steps": Target(_history, (_json_bytes(CONFIG),)),
        "schema 1": Target(_document(media_types.DOCKER_SCHEMA1_SIGNED), (_json_bytes(schema1),)),
        "document of any kind": Target(
            _document("application/json"), tuple(map(_json_bytes, (MANIFEST, INDEX, schema1)))
        ),
    }


def _files() -> dict[str, Target]:
    return {
        "docker config.json": Target(_in_file("config.json", _docker_config), (_json_bytes(DOCKER_CONFIG),)),
        "docker config in memory": Target(memory_store_of, (_json_bytes(DOCKER_CONFIG),)),
        "policy": Target(_in_file("policy.toml", load_policy), (POLICY,), remote=False),
        "waivers in TOML": Target(_in_file("waivers.toml", load_waivers), (WAIVERS,), remote=False),
        "waivers in JSON": Target(
            _in_file("waivers.json", load_waivers),
            (
                _json_bytes(
                    [{"rule": "CFG01", "reference": "*", "reason": "r", "by": "b", "expires": "2027-01-31"}]
                ),
            ),
        ),
        "archive of a layout": Target(
            _in_file("layout.tar", _layout), (_tar_of({"index.json": b"{}", "blobs/sha256/a": b"b"}),)
        ),
    }


def _layers() -> dict[str, Target]:
    tars = _tar_seeds()
    return {
        "tar": Target(_tar, tars),
        "packed layer": Target(
            _layer,
            (gzip.compress(tars[0], mtime=0), _zstd(tars[0]), gzip.compress(b"a") + gzip.compress(b"b")),
        ),
        "eStargz table": Target(_table(_stargz), (_toc(),)),
        "eStargz layer": Target(_raw_stargz, (_stargz_layer(),)),
        "zstd:chunked table": Target(_table(_chunked), (_zstd(_toc()), gzip.compress(_toc()))),
        "SOCI table": Target(_soci, (zlib.decompress((SOCI / "one-member.ztoc.gz").read_bytes(), wbits=31),)),
    }


def _evidence() -> dict[str, Target]:
    envelope, simple = _json_bytes(_envelope()), _json_bytes(SIMPLE_SIGNING)
    statement = _json_bytes(STATEMENT)
    sboms = {"SPDX": SPDX, "SPDX 3": SPDX3, "CycloneDX": CYCLONEDX, "syft": SYFT}
    found = {f"SBOM {name}": Target(parse_sbom, (_json_bytes(tree),)) for name, tree in sboms.items()}
    return {
        **found,
        "SBOM CycloneDX XML": Target(parse_sbom, (CYCLONEDX_XML,)),
        "SBOM SPDX tag-value": Target(parse_sbom, (TAG_VALUE,)),
        "SBOM cut off": Target(
            lambda raw: parse_sbom(raw.rstrip().rstrip(b"}]")),
            (
                _json_bytes(SPDX) + b"}]",
                _json_bytes({"bomFormat": "CycloneDX", "components": [{"name": "a"}] * 3}),
            ),
        ),
        "DSSE": Target(parse_envelope, (envelope,)),
        "in-toto": Target(
            _statement,
            tuple(
                _json_bytes({**STATEMENT, "predicate": one})
                for one in (STATEMENT["predicate"], OPENVEX, SCAN)
            ),
        ),
        "VEX": Target(
            lambda raw: read_vex(strict_json.loads(raw)), (_json_bytes(OPENVEX), _json_bytes(CYCLONEDX))
        ),
        "sigstore bundle": Target(parse_bundle, (_bundle(),)),
        "log entry": Target(unicode(parse_log_entry), (_log_entry(),)),
        "simple signing": Target(parse_simple_signing, (simple,)),
        "JWS": Target(parse_jws, (_jws(),)),
        "COSE": Target(parse_cose, (_cose(),)),
        "notation": Target(parse_notation, (_jws(), _cose())),
        "certificates in PEM": Target(_certificate, (_pem(),)),
        "certificate in DER": Target(lambda raw: signer_of(load_der(raw)), (_der(),)),
        "public key": Target(lambda raw: load_public_key(raw.decode("utf-8", "replace")), (_public_key(),)),
        "recognising": Target(
            _answering(_recognised), (envelope, statement, _bundle(), _jws(), TAG_VALUE, CYCLONEDX_XML)
        ),
        "verifying cosign": Target(_verified("cosign signature"), (simple,)),
        "verifying DSSE": Target(_verified("DSSE envelope"), (envelope,)),
        "verifying a bundle": Target(_verified("sigstore bundle"), (_bundle(),)),
        "verifying JWS": Target(_verified("notation JWS"), (_jws(),)),
        "verifying COSE": Target(_verified("notation COSE"), (_cose(),)),
        "verifying a certificate": Target(_annotated("dev.sigstore.cosign/certificate"), (_pem(),)),
        "verifying a log entry": Target(_annotated("dev.sigstore.cosign/bundle"), (_log_entry(),)),
    }


def _packages() -> dict[str, Target]:
    system = read_os_release(b"ID=debian\nVERSION_ID=12\n")

    def rows(read: Callable[..., Iterator[Any]]) -> Feed:
        return lambda raw: [one.purl for one in read(raw, "a/b", system)]

    return {
        "os-release": Target(
            read_os_release, (b'ID="debian"\nVERSION_ID=\'12\'\nPRETTY_NAME="D \\"x\\""\n',)
        ),
        "dpkg": Target(rows(read_dpkg), (DPKG,)),
        "apk": Target(rows(read_apk), (APK,)),
        "rpm": Target(
            rows(read_rpm),
            (rpm_database(rpm_header({1000: "bash", 1001: "5.2", 1002: "1.fc40", 1003: 1, 1014: "MIT"})),),
        ),
        "rpm header": Target(
            lambda raw: list(read_rpm(rpm_database(raw), "a/b", system)),
            (rpm_header({1000: "bash", 1001: "5.2", 1002: "1.fc40", 1003: 1, 1022: "x86_64"}),),
        ),
        "Python package": Target(rows(read_python), (PYTHON,)),
        "Node package": Target(rows(read_node), (NODE,)),
        "Go build info": Target(
            lambda raw: [one.purl for one in read_go(find_build_info([raw]), "a")], (GO,)
        ),
    }
