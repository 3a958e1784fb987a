"""What an audit finds about a document or a whole repository: evidence and configs, no layers."""

from __future__ import annotations

from regexplore.explorer.pane import FrameSheet, Page, Pane
from regexplore.explorer.subject import File, Layer, Subject
from regexplore.explorer.visit import Visit
from regexplore.objects import Artifact, audit
from regexplore.objects.collection import Collection
from regexplore.show.escape import Markup

TITLE = "Audit"
TOLD = ["fail", "unknown"]


def applies(subject: Subject) -> bool:
    """Documents and repositories can be audited."""
    return isinstance(subject, Collection) or (isinstance(subject, Artifact) and subject.kind != "config")


def load(visit: Visit) -> Pane:
    """Audit it without trust: nothing is called verified here. A stop keeps what was read."""
    if isinstance(visit.subject, Layer | File):
        return Pane(())
    report = audit(visit.subject, cancel=visit.job.cancel, progress=visit.job.tell)
    findings = report.findings
    told = findings[findings["status"].isin(TOLD)].reset_index(drop=True)
    card = Page(Markup(report._repr_mimebundle_()["text/html"]))
    sheet = FrameSheet(told, tuple(map(str, told.columns)), title="What fails, and what could not be told")
    notes = tuple(f"partial: {reason}" for reason in report.reasons[:3])
    return Pane((card, sheet), findings, f"rx.audit({visit.python})", notes)
