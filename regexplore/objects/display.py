"""Shows values of the lower floors as cards in notebooks.

Those values know nothing of HTML. IPython looks up a formatter by the name of a type, so that nothing below
has to know this floor, and nothing is registered unless IPython runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from regexplore.objects.value_cards import (
    descriptor_card,
    digest_card,
    error_card,
    platform_card,
    reference_card,
    value_document_card,
)
from regexplore.show.bundle import mimebundle
from regexplore.show.card import Card

# Subclasses are found through their bases, so Document and RegexploreError stand for all of theirs.
CARDS: dict[tuple[str, str], Callable[[Any], Card]] = {
    ("regexplore.oci.descriptor", "Descriptor"): descriptor_card,
    ("regexplore.oci.digest", "Digest"): digest_card,
    ("regexplore.oci.reference", "Reference"): reference_card,
    ("regexplore.oci.platform", "Platform"): platform_card,
    ("regexplore.oci.document", "Document"): value_document_card,
    ("regexplore.errors", "RegexploreError"): error_card,
}


def register() -> bool:
    """Register the cards with the running IPython; tell whether there is one."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    if shell is None:
        return False
    html = shell.display_formatter.formatters["text/html"]
    for (module, name), make_card in CARDS.items():
        html.for_type_by_name(module, name, _as_html(make_card))
    return True


def _as_html(make_card: Callable[[Any], Card]) -> Callable[[Any], str]:
    return lambda shown: mimebundle(lambda: make_card(shown))["text/html"]
