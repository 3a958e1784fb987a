"""What an audit found, as a notebook holds it: frames, a card, pictures, files to hand on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regexplore.auditing.exports.document import load_findings, to_json
from regexplore.auditing.exports.openvex import to_openvex
from regexplore.auditing.exports.page import to_html
from regexplore.auditing.exports.sarif import to_sarif
from regexplore.auditing.exports.tables import write_csv, write_parquet
from regexplore.auditing.pictures import Picture, coverage_picture, severity_picture
from regexplore.auditing.report_card import report_card
from regexplore.auditing.result import AuditResult
from regexplore.auditing.run_comparison import compare_findings
from regexplore.auditing.waivers import Waiver, load_waivers, waive
from regexplore.errors import UnsupportedError
from regexplore.show.card import Card
from regexplore.show.shown import Shown

if TYPE_CHECKING:
    import pandas as pd

    from regexplore.auditing.subjects import AuditedRepository

Path_ = str | PathLike[str]


class AuditReport(Shown):
    """The report of an audit.

    Made by `regexplore.audit`. Sends no request.

    Attributes
    ----------
    result : AuditResult
        Everything, as plain values.

    Examples
    --------
    >>> report = rx.audit(repo, depth="manifest", progress=None)
    >>> report.complete, len(report.findings) > len(report.failures)
    (True, True)
    """

    def __init__(self, result: AuditResult, gathered: Sequence[AuditedRepository] = ()) -> None:
        self.result = result
        self._gathered = tuple(gathered)

    @property
    def findings(self) -> pd.DataFrame:
        """What each rule answered (`regexplore.frames.findings.FINDINGS`), failures first, worst first."""
        return self.result.findings

    @property
    def failures(self) -> pd.DataFrame:
        """The findings that fail and are not waived."""
        found = self.result.findings
        return found[found["status"] == "fail"].reset_index(drop=True)

    @property
    def images(self) -> pd.DataFrame:
        """What was looked at (`regexplore.auditing.report_frames.IMAGES`)."""
        return self.result.images

    @property
    def evidence(self) -> pd.DataFrame:
        """Every piece of evidence: claimed and verified apart (`regexplore.auditing.report_frames.EVIDENCE`)."""
        return self.result.evidence

    @property
    def coverage(self) -> pd.DataFrame:
        """Which kind of evidence was found where, and what was not looked at (``COVERAGE``)."""
        return self.result.coverage

    @property
    def sharing(self) -> pd.DataFrame:
        """Content that several references hold (`regexplore.frames.sharing.SHARED_CONTENT`)."""
        return self.result.sharing

    @property
    def dangling(self) -> pd.DataFrame:
        """What speaks of content that is not there (``DANGLING``)."""
        return self.result.dangling

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for was looked at."""
        return self.result.complete

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not complete."""
        return self.result.reasons

    def summary(self) -> pd.DataFrame:
        """Count the findings: one row a severity, one column a status."""
        return self.result.counts()

    def by_rule(self) -> pd.DataFrame:
        """Count the findings of each rule, with its title and what to do.

        Returns
        -------
        pandas.DataFrame
            ``rule, severity, title, fail, unknown, waived, pass, n.a., remedy``; what fails most comes first.
        """
        from regexplore.auditing.rule_counts import rule_counts

        return rule_counts(self.result)

    def picture(self, of: str = "severity") -> Picture:
        """Draw the findings by ``severity``, or the ``coverage`` by evidence.

        Raises
        ------
        UnsupportedError
            There is no picture of that.
        """
        if of == "severity":
            return severity_picture(self.result)
        if of == "coverage":
            return coverage_picture(self.result)
        raise UnsupportedError(f"there is no picture of {of!r}", hint="Ask for 'severity' or 'coverage'.")

    def waive(self, waivers: Path_ | Iterable[Waiver], today: date | None = None) -> AuditReport:
        """Give the report with failures marked that somebody answers for.

        Parameters
        ----------
        waivers
            A TOML or JSON file, or `Waiver` objects.
        today
            In UTC; now by default.

        Raises
        ------
        PolicyError
            The file is no list of waivers.
        """
        from dataclasses import replace

        known = load_waivers(waivers) if isinstance(waivers, str | PathLike) else tuple(waivers)
        findings, notes = waive(self.result.findings, known, today)
        changed = replace(self.result, findings=findings, notes=(*self.result.notes, *notes))
        return AuditReport(changed, self._gathered)

    def compare(self, earlier: AuditReport | Path_) -> pd.DataFrame:
        """Compare with an earlier run: what is new, fixed, or no longer known.

        Parameters
        ----------
        earlier
            A report, or the JSON file of one.

        Returns
        -------
        pandas.DataFrame
            `regexplore.auditing.run_comparison.COMPARED`.
        """
        before = earlier.findings if isinstance(earlier, AuditReport) else load_findings(earlier)
        return compare_findings(before, self.findings)

    def save(self, target: Path_) -> Path:
        """Write the report: ``.json``, ``.sarif``, ``.html``, ``.csv`` (the findings), or a folder of tables.

        A name without an ending makes a folder of CSV files. All of them open without a network.

        Raises
        ------
        UnsupportedError
            No report is written with that ending.
        """
        path = Path(target)
        texts = {".json": to_json, ".sarif": to_sarif, ".html": to_html}
        if path.suffix in texts:
            path.write_text(texts[path.suffix](self.result), "utf-8")
        elif path.suffix == ".csv":
            from regexplore.frames.export import to_csv

            to_csv(self.findings, path)
        elif path.suffix == "":
            write_csv(self.result, path)
        else:
            raise UnsupportedError(
                f"no report is written as {path.suffix!r}", hint="Use .json, .sarif, .html, .csv or a folder."
            )
        return path

    def to_csv(self, folder: Path_) -> list[Path]:
        """Write each frame as CSV into a folder; no cell is a formula."""
        return write_csv(self.result, folder)

    def to_parquet(self, folder: Path_) -> list[Path]:
        """Write each frame as Parquet into a folder, values as they are.

        Raises
        ------
        MissingExtraError
            Needs ``regexplore[parquet]``.
        """
        return write_parquet(self.result, folder)

    def to_json(self) -> str:
        """Give everything as one JSON document; `compare` reads it back."""
        return to_json(self.result)

    def to_sarif(self) -> str:
        """Give the findings as SARIF 2.1.0, for code scanning services."""
        return to_sarif(self.result)

    def to_openvex(self, author: str = "regexplore audit") -> str:
        """Give what attached documents say of vulnerabilities as one OpenVEX document; nothing is judged here."""
        manifests = [one for repository in self._gathered for one in repository.manifests]
        return to_openvex(manifests, self.result.taken, author)

    def to_html(self) -> str:
        """Give the report as one HTML page that needs nothing else."""
        return to_html(self.result)

    def _card(self) -> Card:
        return report_card(self.result)

    def __len__(self) -> int:
        return len(self.result.findings)

    def __getitem__(self, rule: str) -> Any:
        """Give the findings of one rule, or of a family such as ``SIG``."""
        found = self.findings
        return found[found["rule"].str.startswith(rule)].reset_index(drop=True)
