"""What is no image: a Helm chart with its provenance, a WebAssembly component, a model.

Source: Helm's OCI media types; the CNCF Wasm OCI artifact layout; the CNCF model specification.
"""

from __future__ import annotations

from regexplore.oci import Descriptor
from regexplore.sandbox.demo.keys import Signer
from regexplore.sandbox.demo.layers import binary, stored_gzip, tar_of, text
from regexplore.sandbox.demo.shelf import CREATED, Shelf, encode
from regexplore.sandbox.demo.statements import WHEN

HELM_CONFIG = "application/vnd.cncf.helm.config.v1+json"
HELM_CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
HELM_PROVENANCE = "application/vnd.cncf.helm.chart.provenance.v1.prov"
WASM_CONFIG = "application/vnd.wasm.config.v0+json"
WASM_LAYER = "application/wasm"
MODEL_TYPE = "application/vnd.cncf.model.manifest.v1+json"
MODEL_WEIGHTS = "application/vnd.cncf.model.weight.v1.raw"
MODEL_CARD = "text/markdown"

_ANNOTATIONS = {CREATED: WHEN}


def push_chart(shelf: Shelf, version: str, signer: Signer) -> Descriptor:
    """Put a Helm chart with a provenance file."""
    meta = {"apiVersion": "v2", "name": "app", "version": version, "appVersion": "1.2", "type": "application"}
    chart = stored_gzip(
        tar_of(
            [
                text("app/Chart.yaml", "".join(f"{key}: {value}\n" for key, value in meta.items())),
                text("app/values.yaml", "replicas: 2\nimage: demo/app:v1.2\n"),
                text("app/templates/deployment.yaml", "kind: Deployment\nmetadata:\n  name: app\n"),
            ]
        )
    )
    layer = shelf.blob(HELM_CHART, chart)
    words = [f"{key}: {value}" for key, value in meta.items()]
    provenance = _clear_signed([*words, "", "...", "files:", f"  app-{version}.tgz: {layer.digest}"], signer)
    return shelf.manifest(
        shelf.blob(HELM_CONFIG, encode(meta)),
        [layer, shelf.blob(HELM_PROVENANCE, provenance)],
        annotations={**_ANNOTATIONS, "org.opencontainers.image.version": version},
        tags=[version],
    )


def _clear_signed(lines: list[str], signer: Signer) -> bytes:
    """Return a text in the form of OpenPGP's signed messages; the signature in it is the demo's own, not OpenPGP's."""
    signature = signer.sign_base64("\n".join(lines).encode())
    armour = ["-----BEGIN PGP SIGNATURE-----", "", signature, "-----END PGP SIGNATURE-----", ""]
    head = ["-----BEGIN PGP SIGNED MESSAGE-----", "Hash: SHA256", ""]
    return "\n".join([*head, *lines, *armour]).encode()


def push_wasm(shelf: Shelf, version: str) -> Descriptor:
    """Put a WebAssembly component: the smallest valid module."""
    module = shelf.blob(WASM_LAYER, b"\x00asm\x01\x00\x00\x00")
    config = {"created": WHEN, "architecture": "wasm", "os": "wasip2", "layerDigests": [module.digest]}
    return shelf.manifest(
        shelf.blob(WASM_CONFIG, encode(config)), [module], annotations=_ANNOTATIONS, tags=[version]
    )


def push_model(shelf: Shelf, version: str) -> Descriptor:
    """Put a model: weights and a card."""
    weights = binary("weights", 300_000, f"model {version}").content or b""
    layers = [
        shelf.blob(MODEL_WEIGHTS, weights, {"org.opencontainers.image.title": "model.safetensors"}),
        shelf.blob(
            MODEL_CARD,
            b"# Demo model\n\nPredicts nothing.\n",
            {"org.opencontainers.image.title": "README.md"},
        ),
    ]
    return shelf.artifact(MODEL_TYPE, layers, annotations=_ANNOTATIONS, tags=[version])
