"""Write the catalogue of rules as a page: ``python docs/audit/catalogue.py > docs/audit/rules.md``."""

from __future__ import annotations

from regexplore.auditing.catalogue import FAMILIES, RULES
from regexplore.auditing.rule import SEVERITIES

SCOPES = {
    "registry": "the registry",
    "repository": "a repository",
    "manifest": "every manifest and index",
    "image": "every runnable image",
}


def page() -> str:
    lines = [
        "# The rules of an audit",
        "",
        f"{len(RULES)} rules. Each answers `pass`, `fail`, `unknown` with a reason, or `n.a.`.",
        "This page is made from the code: `python docs/audit/catalogue.py`.",
        "",
        'A rule is asked only when what it needs was read: `rx.audit(..., depth="manifest")` reads tags and manifests,',
        '`"config"` configs and evidence too, `"files"` the layers as well.',
        "",
        "| severity | rules |",
        "|---|---|",
    ]
    for severity in SEVERITIES:
        named = [rule.id for rule in RULES.values() if rule.severity == severity]
        lines.append(f"| {severity} | {len(named)} |")
    for family in FAMILIES:
        told = (family.__doc__ or "").strip().splitlines()[0]
        lines += ["", f"## {told.rstrip('.')}", ""]
        for rule in family.RULES:
            doc = " ".join((rule.check.__doc__ or "").split())
            lines += [
                f"### {rule.id}: {rule.title}",
                "",
                f"{doc}",
                "",
                "| | |",
                "|---|---|",
                f"| severity | {rule.severity} |",
                f"| asked about | {SCOPES[rule.scope]} |",
                f"| needs | {rule.needs} |",
                f"| looks at | {rule.inspects} |",
                f"| comes from | {rule.source} |",
                f"| what to do | {rule.remedy} |",
                "",
            ]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    print(page(), end="")
