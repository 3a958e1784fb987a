"""T1 to T11: hostile strings that reach a renderer. What every output makes of them is in test_payload_sweep.py."""

from __future__ import annotations

import ast
import json
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from support.hostile_registry import EVERY_PAYLOAD, hostile_sandbox, tag_of
from support.markup_oracle import PAYLOADS, unseen

import regexplore as rx
from regexplore import errors
from regexplore.auditing.policy import load_policy
from regexplore.auditing.waivers import load_waivers
from regexplore.errors import ErrorDetail, RegexploreError, ResponseError
from regexplore.oci import Platform

PACKAGE = Path(rx.__file__).parent
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def modules() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


def called(tree: ast.AST) -> set[str]:
    """Names of everything that is called: ``open``, ``.query`` ..."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {call.id for call in calls if isinstance(call, ast.Name)} | {
        f".{call.attr}" for call in calls if isinstance(call, ast.Attribute)
    }


def imported(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_t2_t3_nothing_of_ours_hands_out_a_styler_or_html_that_is_not_escaped() -> None:
    for path, tree in modules().items():
        attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert "style" not in attributes & {"style"} or "frame" not in path.read_text("utf-8"), path
        assert not called(tree) & {".to_html_escape", "Styler", "HTMLMath", ".HTMLMath"}, path
        keywords = {
            word.arg for node in ast.walk(tree) if isinstance(node, ast.Call) for word in node.keywords
        }
        assert not keywords & {"description_allow_html", "escape"}, path


def test_t1_no_output_is_markdown_or_script() -> None:
    """A front end renders Markdown as HTML, and script as script: neither is a form of ours."""
    for path, tree in modules().items():
        forms = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert (
            not forms & {"text/markdown", "application/javascript", "text/latex"} or "demo" in path.parts
        ), path
        defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert not defined & {"_repr_markdown_", "_repr_javascript_", "_repr_latex_"}, path


class Live(HTMLParser):
    """What could run in a page: elements, handlers, addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "img", "form", "base", "link"):
            self.found.append(tag)
        self.found += [
            name
            for name, value in attrs
            if name.startswith("on") or (name in ("href", "src") and (value or "").strip().lower().startswith(("javascript:", "data:text")))
        ]  # fmt: skip


def live(page: str) -> list[str]:
    reader = Live()
    reader.feed(page)
    return sorted(reader.found)


def test_t8_the_page_of_a_notebook_holds_nothing_live_that_an_empty_one_lacks() -> None:
    sandbox, _ = hostile_sandbox()
    outputs = []
    with sandbox:
        repository = sandbox.registry["hostile/app"]
        for n in range(len(EVERY_PAYLOAD)):
            for ending in ("", "-index", "-artifact"):
                outputs.append(repository.get(tag_of(n) + ending)._repr_mimebundle_())
        graph = repository.graph(progress=False)
        outputs += [graph._repr_mimebundle_(), repository._repr_mimebundle_()]
        frame = repository.tags(detail=True, progress=None)
        outputs.append({"text/html": frame._repr_html_(), "text/plain": "frame"})
    cell = nbformat.v4.new_code_cell("everything")
    cell.outputs = [nbformat.v4.new_output("display_data", data=data) for data in outputs]
    page, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell], metadata=KERNEL))
    empty = nbformat.v4.new_code_cell("everything")
    empty.outputs = [nbformat.v4.new_output("display_data", data={"text/html": "<b>x</b>"})]
    bare, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[empty], metadata=KERNEL))
    assert "window.__pwn" in page
    assert live(page) == live(bare)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_t9_errors_and_values_spell_out_what_a_terminal_would_obey(payload: str) -> None:
    words = ErrorDetail(payload, payload, payload)
    shown = [
        RegexploreError(payload, hint=payload),
        ResponseError("GET", payload, 400, (words,)),
        errors.DocumentError(payload, where=payload),
        words,
        Platform(payload, payload, payload, payload, (payload,)),
    ]
    for one in shown:
        assert unseen(str(one)) == unseen(repr(one)) == []
        assert unseen(getattr(one, "hint", "")) == []


ATTACKS = [
    "__import__('os').system('touch {marker}')",
    "@pd.io.common.os.system('touch {marker}')",
    "a.to_pickle('{marker}')",
    "!!python/object/apply:os.system ['touch {marker}']",
    "{{{{ ''.__class__.__mro__[1].__subclasses__() }}}}",
    "(?e)|`touch {marker}`",
]
FIELDS = [
    "builders",
    "base_registries",
    "denied_licences",
    "max_age_days",
    "end_of_life",
    "sbom_share",
    "trust",
    "rules",
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("field", FIELDS)
def test_t11_a_policy_is_data(tmp_path: Path, attack: str, field: str) -> None:
    """Texts of a policy are compared with, and never run; where a text does not belong it is refused."""
    marker = tmp_path / "ran"
    said = json.dumps(attack.format(marker=marker))
    file = tmp_path / "policy.toml"
    for form in (f"{field} = {said}", f"{field} = [{said}]", f"[{field}]\n{said} = {said}", f"{said} = 1"):
        file.write_text(form)
        try:
            policy = load_policy(file)
        except errors.PolicyError as refused:
            assert "policy.toml" in str(refused)
            continue
        with rx.Sandbox.demo() as sandbox:
            rx.audit(sandbox.registry["demo/web"], policy=policy, progress=None)
    assert not marker.exists()


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("suffix", [".toml", ".json"])
def test_t11_a_waiver_is_data(tmp_path: Path, attack: str, suffix: str) -> None:
    marker = tmp_path / "ran"
    said = attack.format(marker=marker)
    fields = {"rule": said, "reference": said, "digest": said, "reason": said, "by": said}
    if suffix == ".json":
        text = json.dumps({"waivers": [{**fields, "expires": "2099-01-01"}]})
    else:
        text = "[[waivers]]\nexpires = 2099-01-01\n" + "".join(
            f"{k} = {json.dumps(v)}\n" for k, v in fields.items()
        )
    file = tmp_path / f"waivers{suffix}"
    file.write_text(text)
    waivers = load_waivers(file)
    with rx.Sandbox.demo() as sandbox:
        rx.audit(sandbox.registry["troubles/root-user"], rules=["CFG01"], progress=None).waive(waivers)
    assert not marker.exists()


def test_t11_no_text_is_run_anywhere() -> None:
    for path, tree in modules().items():
        assert not called(tree) & {"eval", "exec", "compile", ".eval", ".system", "__import__"}, path
        # `call.query()` of the sandbox is the query of a URL; pandas' own takes a text.
        if "sandbox" not in path.parts:
            assert ".query" not in called(tree), path
        assert not imported(tree) & {"yaml", "jinja2", "numexpr"}, path
