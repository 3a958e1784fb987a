"""Takes defences out, one after the other, and shows that a test notices: ``python tests/security/mutations.py``.

Each mutation is one edit in a copy of the package; the test that is named runs against that copy and must fail, and
has to pass without the edit. Numbers behind the command pick threats: ``mutations.py T12 T16``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 600


@dataclass(frozen=True)
class Mutation:
    """A defence that is taken out, and who notices.

    Attributes
    ----------
    threat : str
    what : str
        What is missing then.
    file : str
        Below the root of the project.
    before, after : str
        The edit; ``before`` stands in the file exactly once.
    test : str
        Below ``tests``.
    """

    threat: str
    what: str
    file: str
    before: str
    after: str
    test: str


MUTATIONS = (
    Mutation(
        threat="T1",
        what="text becomes markup as it is",
        file="regexplore/show/escape.py",
        before="return Markup(_html.escape(terminal(text, multiline=multiline), quote=True))",
        after="return Markup(terminal(text, multiline=multiline))",
        test="objects/test_hostile.py::test_t1_t9_cards_of_values",
    ),
    Mutation(
        threat="T4",
        what="labels of nodes are not escaped",
        file="regexplore/graph/dot.py",
        before="return html.escape(terminal(value), quote=True)",
        after="return terminal(value)",
        test="graph/test_graph_hostile.py::test_t4_dot_has_only_our_own_statements",
    ),
    Mutation(
        threat="T7",
        what="labels in Mermaid are written as they are",
        file="regexplore/graph/mermaid.py",
        before='return "".join(c if _HARMLESS.match(c) else f"#{ord(c)};" for c in terminal(value))',
        after="return terminal(value)",
        test="graph/test_graph_hostile.py::test_t7_every_line_of_mermaid_follows_the_grammar",
    ),
    Mutation(
        threat="T9",
        what="errors repeat a registry's words as they are",
        file="regexplore/errors.py",
        before="self.message = spelled_out(message)",
        after="self.message = message",
        test="security/test_renderers.py::test_t9_errors_and_values_spell_out_what_a_terminal_would_obey",
    ),
    Mutation(
        threat="T10",
        what="exports leave formulas alone",
        file="regexplore/frames/export.py",
        before="""lambda text: f"'{text}" if text.startswith(FORMULA_STARTS) else text""",
        after="lambda text: text",
        test="frames/test_export.py::test_t10_formulas_get_an_apostrophe",
    ),
    Mutation(
        threat="T11",
        what="texts of a policy are evaluated",
        file="regexplore/auditing/policy.py",
        before="            return tuple(value)",
        after="            return tuple(eval(one) for one in value)",
        test="security/test_renderers.py::test_t11_a_policy_is_data",
    ),
    Mutation(
        threat="T12",
        what="headers go along to another origin",
        file="regexplore/remote/transport.py",
        before="if name.lower() not in _TRAVELS",
        after="if False",
        test="security/test_credentials_and_requests.py::test_t12_no_redirect_carries_a_secret_to_another_origin",
    ),
    Mutation(
        threat="T14",
        what="any token server sees the credentials",
        file="regexplore/remote/auth/client.py",
        before="and not may_see_credentials(realm, registry, trusted_hosts=trusted)",
        after="and False",
        test="remote_auth/test_realms.py::test_auth_13_t14_another_domain_is_asked_without_credentials",
    ),
    Mutation(
        threat="T15",
        what="links lead to other origins",
        file="regexplore/remote/link.py",
        before="    if not same:",
        after="    if False:",
        test="security/test_exhaustion.py::test_t32_a_link_that_leaves_or_cannot_be_read_is_refused",
    ),
    Mutation(
        threat="T16",
        what="secrets have a repr like any text",
        file="regexplore/remote/redact.py",
        before="        return HIDDEN\n",
        after="        return str.__repr__(self)\n",
        test="security/test_canary_sweep.py::test_t16_no_way_in_leads_out[header-none]",
    ),
    Mutation(
        threat="T16",
        what="the HTTP library logs signed addresses",
        file="regexplore/remote/library_logs.py",
        before="if listening() and isinstance",
        after="if False and isinstance",
        test="remote/test_library_logs.py::test_t16_a_broken_connection_is_logged_without_its_address",
    ),
    Mutation(
        threat="T17",
        what="a helper may have any name",
        file="regexplore/remote/credentials/helper.py",
        before='if not _SUFFIX.fullmatch(suffix) or ".." in suffix:',
        after="if False:",
        test="remote_credentials/test_credential_helpers.py::test_nat_6_t17_names_in_a_file_that_no_helper_has",
    ),
    Mutation(
        threat="T20",
        what="bytes of a manifest are not held against the digest",
        file="regexplore/remote/verify.py",
        before="    if not expected.matches(content):",
        after="    if False:",
        test="security/test_integrity.py::test_t20_bytes_are_held_against_the_digest_that_was_asked_for",
    ),
    Mutation(
        threat="T21",
        what="any encoding is taken",
        file="regexplore/remote/limits.py",
        before='if encoding not in ("", "identity"):',
        after="if False:",
        test="security/test_integrity.py::test_t21_an_encoding_that_was_not_asked_for_is_refused",
    ),
    Mutation(
        threat="T25",
        what="of two equal keys the last counts",
        file="regexplore/oci/strict_json.py",
        before="if len(value) == len(pairs):",
        after="if True:",
        test="oci/test_document.py::test_t19_t25_refusals_say_where",
    ),
    Mutation(
        threat="T28",
        what="a layer unpacks without a limit",
        file="regexplore/image/compression.py",
        before="if size > limits.unpacked_bytes:",
        after="if False:",
        test="security/test_exhaustion.py::test_t28_a_bomb_in_a_layer_stops_at_its_limit",
    ),
    Mutation(
        threat="T34",
        what="XML may declare entities",
        file="regexplore/evidence/sboms/cyclonedx_xml.py",
        before="    parser.StartDoctypeDeclHandler = reader.refuse\n",
        after="",
        test="security/test_exhaustion.py::test_t34_an_xml_document_with_a_declaration_is_refused",
    ),
    Mutation(
        threat="T37",
        what="links in a layout are followed",
        file="regexplore/content/layout_files.py",
        before='_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | ',
        after="_FLAGS = os.O_RDONLY | ",
        test="content/test_layout_hostile.py::test_t37_links_are_not_followed",
    ),
    Mutation(
        threat="T38",
        what="a base image is looked up wherever it is said to be",
        file="regexplore/objects/audit_target.py",
        before="if full and wanted.registry != store.reference.registry:",
        after="if False:",
        test="security/test_local.py::test_t38_a_base_elsewhere_is_said_not_to_have_been_asked_for",
    ),
    Mutation(
        threat="T39",
        what="everybody's signature counts",
        file="regexplore/evidence/trust.py",
        before="return True if key else None",
        after="return True",
        test="evidence_verify/test_cosign.py::test_what_is_trusted_decides",
    ),
    Mutation(
        threat="T40",
        what="an old version with known holes may be installed",
        file="pyproject.toml",
        before='"requests>=2.33"',
        after='"requests>=2.31"',
        test="security/test_local.py::test_t40_versions_with_known_holes_cannot_be_installed",
    ),
)  # fmt: skip


def mutated(root: Path, mutation: Mutation) -> str:
    """Take the defence out of the copy, and return the file as it was."""
    file = root / mutation.file
    text = file.read_text("utf-8")
    if text.count(mutation.before) != 1:
        raise LookupError(f"{mutation.file} has {text.count(mutation.before)} times {mutation.before!r}")
    file.write_text(text.replace(mutation.before, mutation.after), "utf-8")
    return text


def noticed(root: Path, test: str) -> tuple[bool, str]:
    """Run a test against the copy; tell whether it failed, and its last line."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        f"tests/{test}",
        "-q",
        "-x",
        "--no-header",
        "-p",
        "no:cacheprovider",
    ]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=SECONDS)
    # 1 says that tests ran and failed; anything else would be no proof.
    lines = [
        line for line in done.stdout.splitlines() if " in " in line and ("passed" in line or "failed" in line)
    ]
    return done.returncode == 1, lines[-1].strip("= ") if lines else f"exit status {done.returncode}"


def run(mutations: Iterable[Mutation]) -> bool:
    """Show each; tell whether all were noticed."""
    good = True
    with tempfile.TemporaryDirectory(prefix="regexplore-mutations-") as folder:
        root = Path(folder)
        for name in ("regexplore", "tests", "docs"):
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "_build"))
        shutil.copy(ROOT / "pyproject.toml", root)
        for mutation in mutations:
            before = mutated(root, mutation)
            found, told = noticed(root, mutation.test)
            (root / mutation.file).write_text(before, "utf-8")
            good = good and found
            print(
                f"{mutation.threat:4} {'noticed' if found else 'NOT NOTICED':12} {mutation.what}: {mutation.test} ({told})",
                flush=True,
            )
    return good


if __name__ == "__main__":
    wanted = set(sys.argv[1:])
    sys.exit(not run(one for one in MUTATIONS if not wanted or one.threat in wanted))
