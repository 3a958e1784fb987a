"""Commands for those who audit: rules asked, reports written, tags written down."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regexplore.cli.common import CaFile, PlainHttp, app, open_repository, options, print_frame
from regexplore.errors import PolicyError, RegexploreError
from regexplore.show.escape import terminal

if TYPE_CHECKING:
    from regexplore.evidence.trust import Trust
    from regexplore.objects import AuditReport

FAILED_STATUS = 2
"""Exit status when something fails that ``--fail-on`` names; 1 is for errors."""


class Format(StrEnum):
    """Forms a report can be written in."""

    text = "text"
    json = "json"
    sarif = "sarif"
    html = "html"
    csv = "csv"
    openvex = "openvex"


class Depth(StrEnum):
    """How deep an audit reads."""

    manifest = "manifest"
    config = "config"
    files = "files"


class Severity(StrEnum):
    """From worst to mildest; ``never`` for an exit status of 0 whatever fails."""

    critical = "critical"
    high = "high"
    medium = "medium"
    low = "low"
    info = "info"
    never = "never"


AuditTarget = Annotated[
    str, typer.Argument(metavar="TARGET", help="host[:port], registry/repository[:tag], or a layout's folder")
]


@app.command()
def audit(
    target: AuditTarget,
    depth: Annotated[Depth, typer.Option(help="How deep to read.")] = Depth.config,
    rule: Annotated[list[str] | None, typer.Option(help="Only this rule or family: SIG01, CFG.")] = None,
    match: Annotated[str | None, typer.Option(help="Only tags that match this glob.")] = None,
    policy: Annotated[Path | None, typer.Option(help="What to demand (TOML).")] = None,
    waivers: Annotated[
        Path | None, typer.Option(help="Failures that are put up with (TOML or JSON).")
    ] = None,
    key: Annotated[
        list[Path] | None, typer.Option(help="Public key that counts (PEM); may be repeated.")
    ] = None,
    sigstore: Annotated[str, typer.Option(help="Trusted root: production, staging, or a file.")] = "",
    identity: Annotated[list[str] | None, typer.Option(help="Signer that counts: IDENTITY, a glob.")] = None,
    issuer: Annotated[str, typer.Option(help="Who must vouch for the identities.")] = "",
    trust_store: Annotated[Path | None, typer.Option(help="Trust store of notation.")] = None,
    history: Annotated[Path | None, typer.Option(help="Folder of snapshots, for tags that moved.")] = None,
    before: Annotated[Path | None, typer.Option(help="Earlier report (JSON): tell what is new.")] = None,
    format: Annotated[Format, typer.Option(help="What to write.")] = Format.text,  # noqa: A002
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to; standard output else.")
    ] = None,
    fail_on: Annotated[
        Severity, typer.Option(help="Exit with status 2 from this severity on.")
    ] = Severity.high,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """Ask the rules about a registry, a repository, an image or a layout.

    Ends with status 2 when something fails that is at least as bad as --fail-on; not being able to tell is no failure,
    and is told.
    """
    from dataclasses import replace

    from regexplore.auditing.policy import Policy, load_policy
    from regexplore.objects import audit as run

    trust = _trust(key, sigstore, identity, issuer, trust_store)
    demands = replace(load_policy(policy), trust=trust) if policy else Policy(trust=trust)
    opened = _open(target, plain_http, ca_file)
    report = run(opened, policy=demands, depth=depth.value, rules=rule, match=match, history=history)
    if waivers is not None:
        report = report.waive(waivers)
    _write(report, format, output)
    if before is not None:
        print_frame(report.compare(before))
    for reason in report.reasons:
        typer.echo(f"partial: {terminal(reason)}", err=True)
    if _fails(report, fail_on):
        raise typer.Exit(FAILED_STATUS)


@app.command()
def snapshot(
    repository: Annotated[str, typer.Argument(metavar="REPOSITORY", help="registry/repository")],
    folder: Annotated[Path | None, typer.Option(help="Where snapshots are kept.")] = None,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """Write down what each tag names now."""
    from regexplore.objects import snapshot as take

    print_frame(take(open_repository(repository, plain_http, ca_file), folder)[["tag", "digest"]])


@app.command()
def history(
    repository: Annotated[str, typer.Argument(metavar="REPOSITORY", help="registry/repository")],
    folder: Annotated[Path | None, typer.Option(help="Where snapshots are kept.")] = None,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """List what changed from snapshot to snapshot; sends no request."""
    from regexplore.objects import history as changes

    print_frame(changes(open_repository(repository, plain_http, ca_file), folder))


def _open(target: str, plain_http: bool | None, ca_file: Path | None) -> Any:
    """Open a layout, a registry, a repository, or one reference."""
    from regexplore.objects import Layout, Registry, Repository, get
    from regexplore.oci import normalize

    given = options(plain_http, ca_file)
    if Path(target).exists():
        return Layout(target)
    if "/" not in target:
        return Registry(target, **given)
    reference = normalize(target).reference
    if reference.reference:
        return get(str(reference), **given)
    return Repository(reference, **given)


def _trust(
    keys: list[Path] | None, sigstore: str, identities: list[str] | None, issuer: str, store: Path | None
) -> Trust:
    from regexplore.evidence.trust import Identity, Trust

    try:
        pems = {file.name: file.read_text("utf-8") for file in keys or ()}
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"a key cannot be read: {error}") from None
    named = tuple(Identity(identity=one, issuer=issuer) for one in identities or ())
    counted = tuple(Identity(key=name) for name in pems) if named else ()
    return Trust(keys=pems, sigstore=sigstore, identities=(*named, *counted), notation_store=store)


def _write(report: AuditReport, form: Format, output: Path | None) -> None:
    if form is Format.csv:
        from regexplore.frames.export import to_csv

        to_csv(report.findings, output or sys.stdout)
        return
    texts = {
        Format.text: lambda: f"{report}\n",
        Format.json: report.to_json,
        Format.sarif: report.to_sarif,
        Format.html: report.to_html,
        Format.openvex: report.to_openvex,
    }
    text = texts[form]()
    if output is None:
        typer.echo(text, nl=not text.endswith("\n"))
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise RegexploreError(f"{output.name} cannot be written: {error}") from None


def _fails(report: AuditReport, limit: Severity) -> bool:
    if limit is Severity.never:
        return False
    bad = [severity.value for severity in Severity][: list(Severity).index(limit) + 1]
    return bool(report.failures["severity"].isin(bad).any())


@app.command("find-package")
def find_package(
    target: AuditTarget,
    package: Annotated[str, typer.Argument(help="name, with bounds: openssl<3.0.7")],
    files: Annotated[bool, typer.Option("--files", help="Read the layers too.")] = False,
    match: Annotated[str | None, typer.Option(help="Only tags that match this glob.")] = None,
    plain_http: PlainHttp = None,
    ca_file: CaFile = None,
) -> None:
    """List the images that ship a package."""
    from regexplore.objects import find_package as search

    print_frame(search(_open(target, plain_http, ca_file), package, files=files, match=match))
