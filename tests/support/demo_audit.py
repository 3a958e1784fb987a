"""The demo registry, audited once with everything that its publisher would trust."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

import regexplore as rx
from regexplore.auditing.policy import END_OF_LIFE
from regexplore.sandbox.demo.keys import LOG, RELEASE, public_keys

NOW = datetime(2026, 3, 1, tzinfo=UTC)
"""A month after the demo's last release."""


def trust_store(folder: Path) -> Path:
    """Write a trust store of notation with the publisher's certificate."""
    for kind in ("ca", "signingAuthority"):
        store = folder / "x509" / kind / "demo"
        store.mkdir(parents=True, exist_ok=True)
        (store / "release.pem").write_bytes(RELEASE.certificate.public_bytes(Encoding.PEM))
    return folder


def demo_policy(folder: Path) -> rx.Policy:
    trust = rx.Trust(
        keys=public_keys(),
        log_keys=(LOG.public_pem,),
        identities=(
            rx.Identity(key="release"),
            rx.Identity(key="builder"),
            rx.Identity(identity="release@demo.example"),
        ),
        notation_store=trust_store(folder),
        now=NOW,
    )
    return rx.Policy(
        trust=trust,
        builders=("https://demo.example/*",),
        base_registries=("docker.io",),
        denied_licences=("AGPL-3.0-only",),
        end_of_life={**END_OF_LIFE, "demo-12": date(2030, 1, 1)},
        now=NOW,
    )
