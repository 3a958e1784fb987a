"""in-toto statements: a predicate about subjects, whatever carries them.

Source: in-toto attestation framework, Statement v0.1 and v1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regexplore.oci import Digest


@dataclass(frozen=True, slots=True)
class StatementSubject:
    """What a statement is about.

    Attributes
    ----------
    name : str
    digests : mapping of str to str
        Hexadecimal, by algorithm.
    """

    name: str
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Statement:
    """An in-toto statement.

    Attributes
    ----------
    type : str
        ``https://in-toto.io/Statement/v0.1`` or ``.../v1``.
    predicate_type : str
    subjects : tuple of StatementSubject
    predicate : object
        Plain JSON: mostly a mapping; old attestations carry a text.
    """

    type: str
    predicate_type: str
    subjects: tuple[StatementSubject, ...]
    predicate: Any

    def names(self, digest: Digest) -> bool:
        """Whether one of the subjects has this digest."""
        return any(subject.digests.get(digest.algorithm) == digest.encoded for subject in self.subjects)
