"""The difference between two artifacts, as a frame: what only one has, what both have but not equal.

Documents are compared, not file systems: two layers with other digests may hold the same files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from regexplore.errors import RegexploreError
from regexplore.frames.facts import is_platform
from regexplore.objects.artifact import Artifact
from regexplore.objects.image import Image
from regexplore.objects.index import Index

if TYPE_CHECKING:
    import pandas as pd

    from regexplore.frames.origin import Origin

Part = Mapping[str, str]


def diff(a: Artifact, b: Artifact, *, same: bool = False) -> pd.DataFrame:
    """Compare what two artifacts say: manifest, config, labels, layers, platforms, annotations.

    Costs no request.

    Parameters
    ----------
    a, b
        What ``Repository.get`` gives.
    same
        Also rows for what is equal.

    Returns
    -------
    pandas.DataFrame
        ``part``, ``key``, ``change`` (``only in a``, ``only in b``, ``changed``, ``same``), ``a``, ``b``.

    Examples
    --------
    >>> changed = rx.diff(repo.get("v1.1"), repo.get("v1.2"))
    >>> set(changed["change"]) <= {"added", "removed", "changed"}
    True
    """
    from regexplore.frames.diff import diff_frame
    from regexplore.frames.origin import Origin

    origin = Origin(f"{a.reference} and {b.reference}")
    before, after = parts_of(a, origin), parts_of(b, origin)
    names = list(dict.fromkeys([*before, *after]))
    rows = [
        row
        for name in names
        for row in _rows(name, before.get(name, {}), after.get(name, {}))
        if same or row["change"] != "same"
    ]
    return diff_frame(rows, origin)


def parts_of(artifact: Artifact, origin: Origin) -> dict[str, Part]:
    """Give what an artifact says, as flat texts, part by part."""
    parts: dict[str, Part] = {
        "manifest": {
            "kind": artifact.kind,
            "media type": artifact.media_type,
            "artifact type": artifact.artifact_type,
            "subject": str(artifact.subject.digest) if artifact.subject else "",
        }
    }
    if isinstance(artifact, Index):
        parts["platforms"] = {str(c.platform): str(c.digest) for c in artifact.manifests if is_platform(c)}
    if isinstance(artifact, Image):
        try:
            config = artifact.config
        except RegexploreError as error:
            origin.partial(f"config of {artifact.reference}: {error}")
        else:
            parts["config"] = dict(_flat(config.config, without={"Labels"})) | {
                "platform": str(config.platform)
            }
            parts["labels"] = config.labels
    parts["layers"] = {
        str(layer.digest): f"{layer.size} B {layer.media_type}" for layer in artifact.layer_descriptors
    }
    parts["annotations"] = artifact.annotations
    return parts


def _flat(fields: Mapping[str, Any], without: set[str]) -> Iterator[tuple[str, str]]:
    """Give fields of a config as texts; the environment variable by variable."""
    for key, field in fields.items():
        if key in without or field in (None, "", [], {}):
            continue
        if key == "Env" and isinstance(field, list):
            for entry in field:
                name, _, setting = str(entry).partition("=")
                yield f"Env {name}", setting
        else:
            yield key, field if isinstance(field, str) else repr(field)


def _rows(part: str, before: Part, after: Part) -> Iterator[dict[str, str | None]]:
    for key in dict.fromkeys([*before, *after]):
        one, other = before.get(key), after.get(key)
        if one is None:
            change = "only in b"
        elif other is None:
            change = "only in a"
        else:
            change = "same" if one == other else "changed"
        yield {"part": part, "key": key, "change": change, "a": one, "b": other}
