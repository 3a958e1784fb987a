"""Running an audit: gather what there is, ask the rules, and hand it over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from regexplore.auditing.gather import CONFIG, DEPTHS, STOPPED, Gathering
from regexplore.auditing.policy import Policy, load_policy
from regexplore.auditing.rule import Rule
from regexplore.content.pool import WORKERS
from regexplore.errors import PolicyError
from regexplore.objects.audit_report import AuditReport
from regexplore.objects.audit_target import (
    Place,
    Targets,
    ask_for_filter,
    find_base,
    name_of,
    open_files,
    places,
    refuse_empty,
    registry_of,
)
from regexplore.objects.remembered import RememberedStore
from regexplore.remote.budget import Budget, under
from regexplore.remote.budget import reasons as budget_reasons
from regexplore.show.progress import Progress, Show

if TYPE_CHECKING:
    from regexplore.auditing.cost import AuditCost
    from regexplore.auditing.subjects import AuditedRepository
    from regexplore.auditing.tag_snapshots import TagSnapshot
    from regexplore.objects.tag_history import Folder


def audit(
    target: Targets,
    *,
    policy: Policy | str | Path | None = None,
    depth: str = CONFIG,
    rules: Iterable[str | Rule] | None = None,
    more_rules: Iterable[Rule] = (),
    match: str | None = None,
    history: Folder | None = None,
    resume: AuditReport | None = None,
    workers: int = WORKERS,
    executor: Executor | None = None,
    cancel: Event | None = None,
    budget: Budget | None = None,
    progress: Show = True,
) -> AuditReport:
    """Ask the rules of the catalogue about everything in a registry, a repository, a layout, or about one image.

    Costs one request for each tag, each manifest, each config, for the referrers of each manifest and for each piece
    of evidence; `depth` and `match` say how much that is. Nothing outside of the audited registry is ever asked.

    Parameters
    ----------
    target
        A `Registry`, `Repository`, `Layout`, image, reference, or a list of references.
    policy
        What to compare with and whom to trust: a `Policy`, or a TOML file of one. Without trust no signature is
        called verified.
    depth
        ``manifest``; ``config`` for configs and evidence too; ``files`` to read the layers as well.
    rules
        Ids or families such as ``SIG``, or rules of your own; the whole catalogue by default.
    more_rules
        Rules of your own beside those.
    match
        A glob over tags.
    history
        A folder of snapshots (see `regexplore.snapshot`): rules on moved tags compare with it.
    resume
        A report that was stopped: what it read is not read again.
    workers, executor
        How many things are read at once, and where.
    cancel
        Set it from another thread to stop; so does Ctrl-C. What arrived is kept, and the report says so.
    budget
        What it may cost; see `regexplore.Budget`. What it does not allow for is not looked at, and the report says so.
    progress
        True for a bar or a line after half a second; a callable; None for nothing.

    Returns
    -------
    AuditReport
        Frames ``findings, images, evidence, coverage, sharing, dangling``; a card; exports.

    Raises
    ------
    PolicyError
        A policy, rule or depth that is none, or nothing to audit.
    RegexploreError
        A single reference could not be fetched, or a registry's repositories not be listed.

    Examples
    --------
    >>> import regexplore as rx
    >>> with rx.Sandbox.demo() as sandbox:
    ...     report = rx.audit(sandbox.registry["troubles/root-user"], rules=["CFG01"])
    >>> report.findings[["rule", "severity", "status"]].values.tolist()
    [['CFG01', 'high', 'fail']]
    """
    from regexplore.auditing.catalogue import choose
    from regexplore.auditing.engine import asked

    if depth not in DEPTHS:
        raise PolicyError(f"the depth is {depth!r}, not one of {', '.join(DEPTHS)}")
    demands = policy if isinstance(policy, Policy) else load_policy(policy) if policy else Policy()
    chosen = asked(choose(rules, more_rules), depth)
    if isinstance(target, Iterable) and not isinstance(target, str):
        target = list(target)
    started = datetime.now(UTC)
    run = _Run(demands, depth, workers, executor, cancel, _known(resume, depth), history)
    with under(budget):
        found = list(places(target, match))
        refuse_empty(found)
        with Progress("reference", sum(len(place.references) for place in found), show=progress) as shown:
            run.gather(found, shown)
    for place in found:
        place.source.settle()
    return run.report(name_of(target), started, found, chosen)


def audit_cost(target: Targets, *, depth: str = CONFIG, match: str | None = None) -> AuditCost:
    """Estimate what an audit would cost, before it is spent.

    Costs the listing of tags and one request for each; what is read here is not read again by the audit.

    Parameters
    ----------
    target, depth, match
        As for `audit`.

    Returns
    -------
    AuditCost
        Requests and bytes that are to be expected at least.

    Raises
    ------
    PolicyError
        A depth that is none, or nothing to audit.
    RegexploreError
        A single reference could not be fetched, or a registry's repositories not be listed.

    Examples
    --------
    >>> import regexplore as rx
    >>> with rx.Sandbox.demo() as sandbox:
    ...     rx.audit_cost(sandbox.registry["demo/web"], depth="files").manifests
    1
    """
    from regexplore.auditing.cost import estimate
    from regexplore.content.pool import map_bounded
    from regexplore.content.reference_tags import parse_reference_tag

    if depth not in DEPTHS:
        raise PolicyError(f"the depth is {depth!r}, not one of {', '.join(DEPTHS)}")
    if isinstance(target, Iterable) and not isinstance(target, str):
        target = list(target)
    found = list(places(target, match))
    refuse_empty(found)
    documents, references = [], 0
    for place in found:
        wanted = [one for one in place.references if parse_reference_tag(one) is None]
        references += len(wanted)
        outcomes = map_bounded(place.source.by_reference, wanted)
        documents += [outcome.result() for outcome in outcomes if outcome.error is None]
        place.source.settle()
    return estimate(name_of(target), references, documents, depth)


class _Run:
    """One run over some places."""

    def __init__(
        self,
        policy: Policy,
        depth: str,
        workers: int,
        executor: Executor | None,
        cancel: Event | None,
        known: dict[str, AuditedRepository],
        history: Folder | None,
    ) -> None:
        self._policy = policy
        self._depth = depth
        self._workers = workers
        self._executor = executor
        self._cancel = cancel
        self._known = known
        self._history = history
        self._repositories: list[AuditedRepository] = []
        self._reasons: dict[str, None] = {}
        self._before: dict[int, int] = {}

    def gather(self, found: Sequence[Place], shown: Progress) -> None:
        """Read everything; an interrupt ends it, and what arrived is kept."""
        for place in found:
            self._before.setdefault(id(place.source), place.source.requests() if place.source.requests else 0)
        try:
            for place in found:
                with Budget() as own:
                    self._repositories.append(self._one(place, shown))
                if own.refused:
                    # What was left out is read by a run that goes on from this one.
                    self._repositories[-1].complete = False
                    self._reasons.update(dict.fromkeys(budget_reasons()))
                if STOPPED in self._reasons:
                    shown.stop()
                    return
        except KeyboardInterrupt:
            shown.stop()
            self._reasons[STOPPED] = None

    def _one(self, place: Place, shown: Progress) -> AuditedRepository:
        source = place.source
        if place.problem:
            self._reasons[f"{source.name}: {place.problem}"] = None
        gathering = Gathering(
            source,
            RememberedStore(source),
            self._policy,
            self._depth,
            open_files(source),
            find_base(source),
            self._workers,
            self._executor,
            self._cancel,
            shown.advance,
        )
        found = gathering.repository(place.tags, place.references, self._known.get(source.name))
        self._reasons.update(gathering.reasons)
        if self._history is not None:
            found.snapshots = self._snapshots(source.name)
        return found

    def _snapshots(self, name: str) -> list[TagSnapshot]:
        from regexplore.auditing.tag_snapshots import SnapshotFolder

        snapshots, reasons = SnapshotFolder(Path(self._history or "")).read(name)
        self._reasons.update(dict.fromkeys(reasons))
        return snapshots

    def report(
        self, name: str, started: datetime, found: Sequence[Place], rules: dict[str, Rule]
    ) -> AuditReport:
        """Ask the rules and make the frames."""
        from regexplore.auditing import report_frames
        from regexplore.auditing.bases_by_layers import find_bases_by_layers
        from regexplore.auditing.engine import ask_all
        from regexplore.auditing.result import AuditResult
        from regexplore.frames.findings import findings_frame
        from regexplore.frames.origin import Origin

        origin = Origin(name)
        for reason in self._reasons:
            origin.partial(reason)
        manifests = [one for repository in self._repositories for one in repository.manifests]
        find_bases_by_layers(manifests)
        if "REG03" in rules and STOPPED not in self._reasons:
            subjects = {
                one.name: one.manifests[0].document.descriptor for one in self._repositories if one.manifests
            }
            ask_for_filter([place.source for place in found], subjects)
        registry = registry_of([place.source for place in found], list(self._reasons))
        findings = findings_frame(ask_all(registry, self._repositories, rules, self._policy), origin)
        result = AuditResult(
            source=name,
            taken=started,
            depth=self._depth,
            rules=rules,
            findings=findings,
            images=report_frames.images_frame(manifests, findings, origin),
            evidence=report_frames.evidence_frame(manifests, origin),
            coverage=report_frames.coverage_frame(manifests, origin),
            sharing=report_frames.sharing_of(self._repositories, origin),
            dangling=report_frames.dangling_frame(self._repositories, origin),
            reasons=tuple(self._reasons),
            requests=self._spent(found),
        )
        return AuditReport(result, self._repositories)

    def _spent(self, found: Sequence[Place]) -> int | None:
        """Count the requests, of each registry once: its repositories share one meter."""
        spent: dict[str, int] = {}
        for place in found:
            if place.source.requests is not None:
                key = place.source.name.partition("/")[0]
                spent[key] = max(spent.get(key, 0), place.source.requests() - self._before[id(place.source)])
        return sum(spent.values()) if spent else None


def _known(resume: AuditReport | None, depth: str) -> dict[str, AuditedRepository]:
    """Give what an earlier report has read, if it looked as deep."""
    if resume is None:
        return {}
    if resume.result.depth != depth:
        raise PolicyError(f"the report to resume has the depth {resume.result.depth!r}, not {depth!r}")
    return {one.name: one for one in resume._gathered}
