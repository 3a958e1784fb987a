"""From a reference as people write it to the object it names, in one step."""

from __future__ import annotations

import warnings
from typing import Any

from regexplore.objects.artifact import Artifact
from regexplore.objects.repository import Repository
from regexplore.oci import normalize
from regexplore.remote.options import RepositoryOptions


def get(reference: str, *, options: RepositoryOptions | None = None, **changes: Any) -> Artifact:
    """Fetch what a full reference names; the tag is ``latest`` unless there is one.

    Short names of Docker Hub are completed, and a warning says how they were read.

    Parameters
    ----------
    reference
        ``registry/repository[:tag][@digest]``, or a short name such as ``alpine:3.20``.
    options
        See `RepositoryOptions`.
    **changes
        Fields of the options, such as ``plain_http=True``.

    Raises
    ------
    InvalidReferenceError
        The text is no reference.
    NotFoundError
        Nothing goes by that name.
    RegexploreError
        It could not be fetched.

    Examples
    --------
    >>> rx.get(repo.get("v1.2").pinned).kind
    'index'
    """
    read = normalize(reference)
    if read.note:
        warnings.warn(read.note, stacklevel=2)
    repository = Repository(read.reference.with_reference(""), options=options, **changes)
    return repository.get(read.reference.reference_or_default)
