"""A writer of referrers, as other processes can import it."""

import json

from support import fault_matrix as scene
from support.clients import options_for

import regexplore as rx
from regexplore.oci import Descriptor, media_types


def push(host, number):
    """Push a referrer with a repository object and a client of its own, as another user would."""
    content = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": media_types.OCI_MANIFEST,
            "artifactType": f"application/kind{number}",
            "config": rx.EMPTY_JSON.to_json(),
            "layers": [],
            "subject": scene.IMAGE.to_json(),
        }
    ).encode()
    target = Descriptor.from_bytes(media_types.OCI_MANIFEST, content)
    options = options_for(host, rx.Credential("ada", scene.SECRET), handle_warning=lambda _: None)
    rx.Repository(f"{host}/{scene.NAME}", options=options).push(target, content)
    return str(target.digest)
