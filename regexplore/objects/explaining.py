"""``rx.explain``: from anything of the OCI world to what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from regexplore.errors import RegexploreError, UnsupportedError
from regexplore.knowledge.entries import TERM, entries
from regexplore.objects import explained_errors
from regexplore.objects import explained_values as explained
from regexplore.objects.artifact import Artifact
from regexplore.objects.collection import Collection
from regexplore.objects.explained_words import word
from regexplore.objects.explanation import Explanation, of_entry
from regexplore.objects.layout import Layout
from regexplore.objects.registry import Registry
from regexplore.objects.tracing import Trace
from regexplore.oci import Descriptor, Digest, Document, Platform, Reference
from regexplore.remote.trace import WireEvent

# The first that fits; a digest is a text, so it comes before texts.
_EXPLAINERS: tuple[tuple[type, Callable[[Any], Explanation]], ...] = (
    (Artifact, explained.artifact),
    (Document, explained.document),
    (Descriptor, explained.descriptor),
    (Digest, explained.digest),
    (Reference, explained.reference),
    (Platform, explained.platform),
    (Trace, explained.trace),
    (WireEvent, explained.wire_event),
    (dict, explained.plain),
    (str, word),
    (int, lambda status: word(str(status))),
    (Registry, lambda it: of_entry(entries(TERM)["registry"], ("this one", it.reference.registry))),
    (Layout, lambda it: of_entry(entries(TERM)["image layout"], ("this one", it._source.name))),
    (Collection, lambda it: of_entry(entries(TERM)["repository"], ("this one", it._source.name))),
)


def explain(what: Any, repository: Collection | None = None, *, ask: bool = False) -> Explanation:
    """Explain something of the OCI world: what it is, field by field, and where that is written down.

    Costs no request, unless ``ask`` says so.

    Parameters
    ----------
    what
        A descriptor, manifest, index, config, image or artifact, plain JSON of one, a digest, reference or platform,
        an error, a trace or one of its events; or a word: a term (``"subject"``), a media type, a header (name, or
        ``name: value``), an error code, an HTTP status, an annotation key, a request (``"GET /v2/..."``).
    repository
        For errors: where it happened. Tags that it has listed so far are shown when one is missing.
    ask
        Let it ask the repository for its tags; one request a page.

    Returns
    -------
    Explanation
        Shows itself as a card; ``.words``, ``.citation``, ``.see`` and ``.guide`` hold the same for programs.

    Raises
    ------
    NotFoundError
        A word that is not known; the hint names near ones.
    UnsupportedError
        An object of a kind that is not known.

    Examples
    --------
    >>> print(rx.explain("subject").citation)
    image-spec 1.1, manifest.md: Image Manifest Property Descriptions
    >>> rx.explain(repo.get("v1.2"))
    <index 127.0.0.1:.../demo/app:v1.2 · explained>
    >>> try:
    ...     repo.get("v1.22")
    ... except rx.errors.NotFoundError as error:
    ...     print(rx.explain(error, repo, ask=True).guide[0])
    The tag v1.22 may have moved; these tags exist (listed now): v1.2, v1.1, ...
    """
    if isinstance(what, RegexploreError):
        return explained_errors.error(what, repository, ask=ask)
    for kind, explainer in _EXPLAINERS:
        if isinstance(what, kind) and not isinstance(what, bool):
            return explainer(what)
    raise UnsupportedError(
        f"nothing is known of objects of type {type(what).__name__}",
        hint="Give an object of regexplore, plain JSON, or a word such as 'digest'.",
    )
