"""What goes wrong in real registries, one repository a trouble, named by what is wrong.

Each names the rules of an audit that it breaks; one breaks none. Rules about the registry itself (plain HTTP, open
access, missing APIs) are broken by how a sandbox is started, and rules about change (a tag that moved, a chain that
was revoked) by what happens between two looks; these are not content.
"""

from __future__ import annotations

from regexplore.sandbox.demo.shelf import Shelf
from regexplore.sandbox.demo.troubles.configs import CONFIGS
from regexplore.sandbox.demo.troubles.evidence import EVIDENCE
from regexplore.sandbox.demo.troubles.exemplary import EXEMPLARY
from regexplore.sandbox.demo.troubles.files import FILES
from regexplore.sandbox.demo.troubles.manifests import MANIFESTS
from regexplore.sandbox.stores import RegistryStore

ALL = (*MANIFESTS, *CONFIGS, *FILES, *EVIDENCE, *EXEMPLARY)

TROUBLES = {trouble.repository: trouble.what for trouble in ALL}
"""What is wrong in each repository."""

RULES_BROKEN = {trouble.repository: trouble.rules for trouble in ALL}
"""Ids of the rules that each repository breaks."""


def load_troubles(store: RegistryStore) -> None:
    """Put every trouble into a repository of its own."""
    for trouble in ALL:
        trouble.make(Shelf(store, trouble.repository))
