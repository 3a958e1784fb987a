"""Referrers of a manifest, whatever the store: by its own list, else by reading its predecessors.

Source: Go ``registry.Referrers``; distribution-spec v1.1 "Listing Referrers" for what an entry says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from regexplore.content.store import Fetcher, ReadOnlyStore, ReferrerLister, fetch_all
from regexplore.oci import Descriptor, Document
from regexplore.oci.media_types import may_have_subject


def list_referrers(store: ReadOnlyStore, target: Descriptor, artifact_type: str = "") -> list[Descriptor]:
    """Return the manifests whose subject is the target, with their artifact types and annotations.

    Raises
    ------
    RegexploreError
        Whatever the store raises.
    """
    if isinstance(store, ReferrerLister):
        return [entry for page in store.referrer_pages(target, artifact_type) for entry in page]
    return are_referrers(store, store.predecessors(target), target, artifact_type)


def are_referrers(
    store: Fetcher, candidates: Iterable[Descriptor], target: Descriptor, artifact_type: str = ""
) -> list[Descriptor]:
    """Keep those candidates whose subject is the target, described as the referrers API describes them."""
    found = []
    for candidate in candidates:
        if not may_have_subject(candidate.media_type):
            continue
        document = Document.examine(fetch_all(store, candidate), candidate)
        subject = document.subject
        if subject is None or not subject.same_content(target):
            continue
        if artifact_type in ("", document.artifact_type):
            found.append(
                replace(
                    candidate, artifact_type=document.artifact_type, annotations=document.annotations or None
                )
            )
    return found
