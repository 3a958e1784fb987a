"""What an audit finds about a document or a whole repository."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import regexplore.objects
from regexplore.explorer.pane import FrameSheet, Page, Pane
from regexplore.explorer.subject import File, Layer, Subject
from regexplore.explorer.visit import Visit
from regexplore.objects import Artifact
from regexplore.objects.collection import Collection
from regexplore.show.escape import Markup

TITLE = "Audit"


def applies(subject: Subject) -> bool:
    """Documents and repositories can be audited."""
    return _audit() is not None and isinstance(subject, Artifact | Collection)


def load(visit: Visit) -> Pane:
    """Audit it."""
    audit = _audit()
    if audit is None or isinstance(visit.subject, Layer | File):
        return Pane(())
    visit.job.say("auditing")
    report = audit(visit.subject)
    findings = report.findings
    card = Page(Markup(report._repr_mimebundle_()["text/html"]))
    sheet = FrameSheet(findings, tuple(map(str, findings.columns)), title="Findings")
    notes = () if report.complete else ("partial: not everything could be looked at",)
    return Pane((card, sheet), findings, f"rx.audit({visit.python})", notes)


def _audit() -> Callable[[Any], Any] | None:
    return getattr(regexplore.objects, "audit", None)
