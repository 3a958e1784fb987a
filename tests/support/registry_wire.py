"""A bare HTTP client for tests of a registry: no redirects followed, no encodings, nothing forgiven."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import requests

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"


def sha(content: bytes, algorithm: str = "sha256") -> str:
    """Digest of some content."""
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def error_codes(response: requests.Response) -> list[str]:
    """Codes of an error list, whose form is checked on the way."""
    errors = response.json()["errors"]
    assert all(isinstance(error["message"], str) for error in errors)
    return [error["code"] for error in errors]


class Wire:
    """Requests below ``/v2/`` of one registry."""

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Accept-Encoding"] = "identity"
        self._options = options

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        url = (
            path if path.startswith("http") else self.url + (path if path.startswith("/") else f"/v2/{path}")
        )
        settings = {"allow_redirects": False, "timeout": 20, **self._options, **options}
        return self.session.request(method, url, **settings)

    def upload(self, repository: str) -> str:
        """Open an upload; return its location."""
        return self("POST", f"{repository}/blobs/uploads/").headers["Location"]

    def put(self, location: str, digest: str, content: bytes = b"", **options: Any) -> requests.Response:
        """Close an upload."""
        joint = "&" if "?" in location else "?"
        return self("PUT", f"{location}{joint}digest={digest}", data=content, **options)

    def push_blob(self, repository: str, content: bytes) -> str:
        """Push a blob; return its digest."""
        digest = sha(content)
        response = self.put(self.upload(repository), digest, content)
        assert response.status_code == 201, response.text
        return digest

    def push_manifest(
        self, repository: str, reference: str, tree: dict[str, Any], media_type: str = MANIFEST
    ) -> requests.Response:
        """Push a manifest."""
        body = json.dumps(tree).encode()
        path = f"{repository}/manifests/{reference or sha(body)}"
        return self("PUT", path, data=body, headers={"Content-Type": media_type})

    def push_image(self, repository: str, *tags: str, **members: Any) -> str:
        """Push an artifact of one empty blob with some tags; return its digest."""
        tree = self.image(repository, **members)
        digest = sha(json.dumps(tree).encode())
        for reference in tags or (digest,):
            response = self.push_manifest(repository, reference, tree)
            assert response.status_code == 201, response.text
        return digest

    def image(self, repository: str, **members: Any) -> dict[str, Any]:
        """Return an image manifest whose parts are there."""
        digest = self.push_blob(repository, b"{}")
        part = {"mediaType": EMPTY_TYPE, "digest": digest, "size": 2}
        return {"schemaVersion": 2, "mediaType": MANIFEST, "config": part, "layers": [part], **members}

    def tags(self, repository: str, query: str = "") -> requests.Response:
        """List tags."""
        return self("GET", f"{repository}/tags/list{query}")
