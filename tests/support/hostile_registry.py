"""A registry that writes hostile text into every field it controls, each field marked so that it is found again."""

from __future__ import annotations

import io
import json
import re
import tarfile
from dataclasses import dataclass, field, replace
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from support.markup_oracle import PAYLOADS
from support.picture_oracle import GRAPH_PAYLOADS

from regexplore.evidence.certificates import ISSUER_V2
from regexplore.objects.sandbox import Sandbox
from regexplore.oci import Descriptor, Digest, Platform, media_types
from regexplore.sandbox.demo import statements
from regexplore.sandbox.demo.images import BASE_DIGEST, BASE_NAME
from regexplore.sandbox.demo.keys import RELEASE, VALID_FROM
from regexplore.sandbox.demo.layers import stored_gzip
from regexplore.sandbox.demo.shelf import Shelf

EVERY_PAYLOAD = list(dict.fromkeys([*PAYLOADS, *filter(None, GRAPH_PAYLOADS)]))
MARK = re.compile(r"Fld(\d{2})x")
TITLE = "org.opencontainers.image.title"


@dataclass
class Marked:
    """Gives the payload for a field, with the field's number before its last character.

    So it still begins and ends as the payload does: with an angle bracket, a quote or a sign of a formula.
    """

    payload: str
    fields: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> str:
        if name not in self.fields:
            self.fields.append(name)
        mark = f"Fld{self.fields.index(name):02}x"
        # What is cut to be shown must still show its field.
        shortened = self.payload[:60] + self.payload[-1:] if len(self.payload) > 200 else self.payload
        return f"{shortened[:-1]}{mark}{shortened[-1:]}"


def fields_in(text: str) -> set[int]:
    """The numbers of the fields that an output shows."""
    return {int(number) for number in MARK.findall(text)}


def tag_of(number: int) -> str:
    """The tag of a payload's image; its index and artifact are beside it."""
    return f"p{number:02}"


def hostile_sandbox(payloads: list[str] = EVERY_PAYLOAD) -> tuple[Sandbox, list[str]]:
    """A sandbox, not started yet, with an image, an index and an artifact for each payload; and the fields' names."""
    sandbox = Sandbox()
    fields: list[str] = []
    for number, payload in enumerate(payloads):
        shelf = Shelf(sandbox.store, "hostile/app")
        marked = Marked(payload, fields)
        image = put_image(shelf, marked, tag_of(number))
        put_index(shelf, marked, image, f"{tag_of(number)}-index")
        put_artifact(shelf, marked, f"{tag_of(number)}-artifact")
        put_evidence(shelf, marked, image)
    return sandbox, fields


def put_image(shelf: Shelf, say: Marked, tag: str) -> Descriptor:
    layer = layer_of(say)
    config = {
        "os": say("os"), "architecture": say("architecture"), "variant": say("variant"),
        "os.version": say("os.version"), "os.features": [say("os.features")],
        "created": say("created"), "author": say("author"),
        "config": {
            "Env": [say("env"), f"{say('env name')}=1"], "Cmd": [say("cmd")], "Entrypoint": [say("entrypoint")],
            "User": say("user"), "Labels": {say("label key"): say("label value")},
            "ExposedPorts": {say("port"): {}}, "WorkingDir": say("working dir"), "Volumes": {say("volume"): {}},
            "StopSignal": say("stop signal"), "Shell": [say("shell")], "Healthcheck": {"Test": ["CMD", say("health check")]},
        },
        "rootfs": {"type": "layers", "diff_ids": [str(Digest.of(layer))]},
        "history": [{"created_by": say("history created_by"), "comment": say("history comment"), "author": say("history author")}],
    }  # fmt: skip
    packed = shelf.blob(media_types.OCI_LAYER_GZIP, stored_gzip(layer))
    described = {
        **packed.to_json(),
        "annotations": {TITLE: say("layer title"), say("layer annotation key"): "x"},
    }
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "config": _json(shelf, media_types.OCI_CONFIG, config),
        "layers": [described],
        "annotations": {
            say("annotation key"): say("annotation value"), TITLE: say("title"),
            "org.opencontainers.image.url": say("url"), "org.opencontainers.image.source": say("source"),
            "org.opencontainers.image.licenses": say("licences"), BASE_NAME: say("base name"), BASE_DIGEST: say("base digest"),
        },
    }  # fmt: skip
    return shelf.raw_manifest(media_types.OCI_MANIFEST, _bytes(tree), [tag])


def put_index(shelf: Shelf, say: Marked, image: Descriptor, tag: str) -> Descriptor:
    platform = Platform(
        say("index os"), say("index architecture"), say("index variant"), say("index os.version")
    )
    attestation = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": say("reference digest")}  # fmt: skip
    statement = _statement(image, say("predicate type"), {"text": say("predicate")})
    layer = shelf.blob(
        statements.IN_TOTO, statement, {"in-toto.io/predicate-type": say("predicate annotation")}
    )
    config = shelf.blob(media_types.OCI_CONFIG, b'{"architecture": "unknown", "os": "unknown"}')
    attested = shelf.raw_manifest(
        media_types.OCI_MANIFEST,
        _bytes({"schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "config": config.to_json(), "layers": [layer.to_json()]}),
    )  # fmt: skip
    children = [
        {**replace(image, platform=platform).to_json(), "annotations": {say("entry annotation"): say("entry value")}},
        {**attested.to_json(), "platform": {"os": "unknown", "architecture": "unknown"}, "annotations": attestation},
    ]  # fmt: skip
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_INDEX,
        "artifactType": say("index artifact type"),
        "manifests": children,
        "annotations": {TITLE: say("index title")},
    }
    return shelf.raw_manifest(media_types.OCI_INDEX, _bytes(tree), [tag])


def put_artifact(shelf: Shelf, say: Marked, tag: str) -> Descriptor:
    blob = {**shelf.blob("x/y", say("blob").encode("utf-8", "replace")).to_json(),
            "mediaType": say("media type"), "annotations": {TITLE: say("file title")}, "urls": [say("blob address")]}  # fmt: skip
    tree = {
        "schemaVersion": 2,
        "mediaType": media_types.OCI_MANIFEST,
        "artifactType": say("artifact type"),
        "config": shelf.blob(media_types.OCI_EMPTY, b"{}").to_json(),
        "layers": [blob],
    }
    return shelf.raw_manifest(media_types.OCI_MANIFEST, _bytes(tree), [tag])


def put_evidence(shelf: Shelf, say: Marked, subject: Descriptor) -> None:
    """SBOMs, provenance, exploitability, a scan, and signatures with a certificate."""
    package = {
        "name": say("package name"), "versionInfo": say("package version"), "supplier": f"Organization: {say('supplier')}",
        "licenseDeclared": say("package licence"), "SPDXID": "SPDXRef-1", "downloadLocation": say("download location"),
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": f"pkg:deb/x@1?y={say('purl')}"}],
    }  # fmt: skip
    spdx = {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": say("SBOM name"), "packages": [package],
            "documentNamespace": say("SBOM namespace"), "creationInfo": {"created": statements.WHEN, "creators": [f"Tool: {say('SBOM creator')}"]}}  # fmt: skip
    cyclonedx = {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"timestamp": statements.WHEN, "component": {"name": say("component name"), "type": "container"}},
        "components": [{"type": "library", "name": say("library name"), "version": say("library version"), "purl": say("library purl"),
                        "licenses": [{"license": {"name": say("library licence")}}], "supplier": {"name": say("library supplier")}}],
    }  # fmt: skip
    vex = statements.vex(subject.digest)
    vex["author"] = say("VEX author")
    vex["statements"][0] |= {"vulnerability": {"name": say("vulnerability")}, "justification": say("justification"), "status": "not_affected"}  # fmt: skip
    slsa = {
        "buildDefinition": {"buildType": say("build type"), "externalParameters": {"repository": say("source repository"), "ref": say("source ref")},
                            "resolvedDependencies": [{"uri": say("dependency"), "digest": {"sha256": "0" * 64}}]},
        "runDetails": {"builder": {"id": say("builder")}, "metadata": {"invocationId": say("invocation")}},
    }  # fmt: skip
    provenance = _statement(subject, statements.SLSA, slsa)
    for media_type, body in (
        (statements.SPDX, _bytes(spdx)),
        (statements.CYCLONEDX, _bytes(cyclonedx)),
        (statements.OPENVEX, _bytes(vex)),
        (statements.DSSE, _bytes(statements.dsse(provenance, RELEASE))),
    ):
        layer = shelf.blob(media_type, body)
        tree = {
            "schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "artifactType": media_type,
            "config": shelf.blob(media_types.OCI_EMPTY, b"{}").to_json(), "layers": [layer.to_json()],
            "subject": subject.plain().to_json(), "annotations": {say("referrer annotation"): say("referrer value")},
        }  # fmt: skip
        shelf.raw_manifest(media_types.OCI_MANIFEST, _bytes(tree))
    payload = statements.simple_signing(_replaced_text(say("docker reference")), subject.digest)
    signed = {
        **shelf.blob(statements.SIMPLE_SIGNING, payload).to_json(),
        "annotations": {
            "dev.cosignproject.cosign/signature": RELEASE.sign_base64(payload),
            "dev.sigstore.cosign/certificate": certificate_of(say),
        },
    }
    tree = {
        "schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "artifactType": statements.COSIGN_SIGNATURE,
        "config": shelf.blob(media_types.OCI_EMPTY, b"{}").to_json(), "layers": [signed], "subject": subject.plain().to_json(),
    }  # fmt: skip
    shelf.raw_manifest(media_types.OCI_MANIFEST, _bytes(tree))
    hostile_type = {**tree, "artifactType": say("referrer artifact type"), "layers": []}
    shelf.raw_manifest(media_types.OCI_MANIFEST, _bytes(hostile_type))


def certificate_of(say: Marked) -> str:
    """A certificate whose name, address and issuer are the payload."""
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, _replaced_text(say("certificate name"))[:60] or "x")]
    )
    address = say("certificate SAN").encode("ascii", "replace").decode()
    issuer = say("certificate issuer").encode("utf-8", "replace")[:120]
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(RELEASE.private_key.public_key())
        .serial_number(7)
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_FROM + timedelta(days=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(address)]), critical=True)
        .add_extension(
            x509.UnrecognizedExtension(x509.ObjectIdentifier(ISSUER_V2), b"\x0c" + bytes([len(issuer)]) + issuer),
            critical=False,
        )
        .sign(RELEASE.private_key, hashes.SHA256())
    )  # fmt: skip
    return built.public_bytes(Encoding.PEM).decode()


def layer_of(say: Marked) -> bytes:
    """A layer with the payload as names of files and links, as owner, and in what is read from files."""
    file = io.BytesIO()
    status = f"Package: {say('dpkg package')}\nVersion: {say('dpkg version')}\nStatus: install ok installed\nArchitecture: amd64\n"
    release = f'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="{say("os-release")}"\n'
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content, link in (
            (f"app/{say('file name')}", "x", ""),
            (f"app/{say('link name')}", "", say("link target")),
            (f"{say('folder name')}/inner", "x", ""),
            ("var/lib/dpkg/status", status, ""),
            ("etc/os-release", release, ""),
        ):
            info = tarfile.TarInfo(_replaced_text(path).replace("\0", "0"))
            info.uname, info.gname = _replaced_text(say("file owner"))[:30], "x"
            body = content.encode("utf-8", "replace")
            if link:
                info.type, info.linkname, body = tarfile.SYMTYPE, _replaced_text(link).replace("\0", "0"), b""
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return file.getvalue()


def error_body(say: Marked) -> bytes:
    """An error as a registry sends it."""
    entry = {"code": say("error code"), "message": say("error message"), "detail": {say("error detail key"): say("error detail")}}  # fmt: skip
    return _bytes({"errors": [entry]})


def header_text(text: str) -> str:
    """The text as a header can carry it."""
    return re.sub(r"[\r\n\0]", " ", text.encode("latin-1", "replace").decode("latin-1"))


def _json(shelf: Shelf, media_type: str, tree: object) -> dict[str, object]:
    return shelf.blob(media_type, _bytes(tree)).to_json()


def _bytes(tree: object) -> bytes:
    # Half characters stand in JSON as escapes.
    return json.dumps(tree).encode()


def _statement(subject: Descriptor, predicate_type: str, predicate: object) -> bytes:
    named = [{"name": "x", "digest": {"sha256": subject.digest.encoded}}]
    return _bytes({"_type": "https://in-toto.io/Statement/v1", "subject": named, "predicateType": predicate_type, "predicate": predicate})  # fmt: skip


def _replaced_text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
