"""Referrers of a manifest, whatever the store: by its own list, else by reading its predecessors.

Source: Go ``registry.Referrers``; distribution-spec v1.1 "Listing Referrers" for what an entry says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from regexplore.content.store import Fetcher, ReadOnlyStore, ReferrerLister, fetch_all
from regexplore.errors import RegexploreError
from regexplore.oci import Descriptor, Document
from regexplore.oci.media_types import OCI_EMPTY, may_have_subject


def list_referrers(store: ReadOnlyStore, target: Descriptor, artifact_type: str = "") -> list[Descriptor]:
    """Return the manifests whose subject is the target, with their artifact types and annotations.

    Some registries list every artifact with an empty config as of the empty type. Such an entry is fetched,
    one request each, and described as its manifest says; when a type is asked for, the listing decides.

    Raises
    ------
    RegexploreError
        Whatever the store raises.
    """
    if isinstance(store, ReferrerLister):
        listed = [entry for page in store.referrer_pages(target, artifact_type) for entry in page]
        return [_as_it_says(store, entry) for entry in listed]
    return are_referrers(store, store.predecessors(target), target, artifact_type)


def _as_it_says(store: Fetcher, entry: Descriptor) -> Descriptor:
    if entry.artifact_type != OCI_EMPTY or not may_have_subject(entry.media_type):
        return entry
    try:
        document = Document.examine(fetch_all(store, entry), entry)
    except RegexploreError:
        # It is listed, whatever became of it: whoever opens it learns why it cannot be had.
        return entry
    return replace(entry, artifact_type=document.artifact_type or entry.artifact_type)


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
