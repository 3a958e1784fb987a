"""in-toto statements, read from wherever they are: bare, in a DSSE envelope, in a sigstore bundle.

Source: in-toto attestation framework, ``spec/v0.1`` and ``spec/v1``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regexplore.errors import DocumentError
from regexplore.evidence.dsse import is_envelope, read_envelope
from regexplore.evidence.limits import MAX_SUBJECTS
from regexplore.evidence.reading import at, tables, text
from regexplore.evidence.sigstore_bundle import is_bundle
from regexplore.evidence.statement import Statement, StatementSubject
from regexplore.oci import strict_json

TYPE_PREFIX = "https://in-toto.io/Statement/"


def is_statement(tree: Any) -> bool:
    """Whether a JSON tree says that it is a statement."""
    return text(tree, "_type").startswith(TYPE_PREFIX)


def read_statement(tree: Any, where: str = "$") -> Statement:
    """Read a statement from a JSON tree.

    Raises
    ------
    DocumentError
        It is none, or is about nothing.
    """
    if not is_statement(tree):
        raise DocumentError("no in-toto statement", where=f"{where}._type")
    listed = tables(tree, "subject", limit=MAX_SUBJECTS + 1)
    if not listed or len(listed) > MAX_SUBJECTS:
        raise DocumentError(f"a statement has 1 to {MAX_SUBJECTS:,} subjects", where=f"{where}.subject")
    subjects = tuple(StatementSubject(text(one, "name"), _digests(one.get("digest"))) for one in listed)
    return Statement(tree["_type"], text(tree, "predicateType"), subjects, at(tree, "predicate"))


def parse_statement(raw: bytes) -> Statement:
    """Read the statement that some bytes are or carry. Whether it is signed, and by whom, is not looked at.

    Raises
    ------
    DocumentError
        There is none.
    """
    tree = strict_json.loads(raw)
    if is_statement(tree):
        return read_statement(tree)
    if is_bundle(tree):
        envelope = read_envelope(at(tree, "dsseEnvelope"), "$.dsseEnvelope")
    elif is_envelope(tree):
        envelope = read_envelope(tree)
    else:
        raise DocumentError("neither a statement, nor an envelope, nor a bundle")
    return read_statement(strict_json.loads(envelope.payload), "$payload")


def _digests(tree: Any) -> Mapping[str, str]:
    if not isinstance(tree, Mapping):
        return {}
    return {str(name): value for name, value in tree.items() if isinstance(value, str)}
