"""Pages that are made from the code when the documentation is built, so that none of them can be out of date.

``docs/generated/`` holds them, and ``docs/notebooks/`` the notebooks as they are in ``notebooks/``; neither is kept
in git.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import regexplore.frames
from regexplore.frames.schema import Schema
from regexplore.graph.svg import system_colours
from regexplore.knowledge.entries import (
    ANNOTATION,
    ENDPOINT,
    ERROR_CODE,
    HEADER,
    KINDS,
    MEDIA_TYPE,
    STATUS,
    TERM,
    Entry,
    entries,
)
from regexplore.show.theme import system_palette

HERE = Path(__file__).parent
NOTEBOOKS = HERE.parent / "notebooks"

PUBLIC = {
    "regexplore": "What `import regexplore as rx` gives",
    "regexplore.oci": "The language of OCI",
    "regexplore.oci.reference": "References",
    "regexplore.remote": "The client",
    "regexplore.remote.auth": "Authentication",
    "regexplore.remote.credentials": "Credentials",
    "regexplore.crawling": "Crawls",
    "regexplore.explorer": "The explorer",
    "regexplore.lessons": "Lessons",
    "regexplore.sandbox": "The sandbox",
    "regexplore.sandbox.demo": "Its demo content",
    "regexplore.sandbox.faults": "Its faults",
}
"""Modules whose names are public: each must be found in the reference."""

_TITLES = {
    TERM: "Terms",
    MEDIA_TYPE: "Media types",
    ANNOTATION: "Annotation keys",
    ERROR_CODE: "Error codes",
    HEADER: "Headers",
    STATUS: "HTTP statuses",
    ENDPOINT: "Requests of the distribution API",
}


def write_all() -> None:
    """Write every generated page, and bring the notebooks; what has not changed keeps its time."""
    pages = {"frames": frames_page(), "glossary": glossary_page(), "names": names_page()}
    target = HERE / "generated"
    target.mkdir(exist_ok=True)
    for name, text in pages.items():
        _write(target / f"{name}.md", text.encode())
    (target / "static").mkdir(exist_ok=True)
    _write(target / "static" / "cards.css", card_colours().encode())
    bring_notebooks(HERE / "notebooks")


def card_colours() -> str:
    """Dark cards and pictures where the reader's system is dark and the page was not told to be light."""
    page = "body:not([data-theme='light'])"
    rules = [system_palette(f"{page} {selector}") for selector in (".rx-card", ".rx-seq")]
    return "\n".join([*rules, system_colours().replace("html .rxg", f"{page} .rxg")])


def bring_notebooks(target: Path) -> None:
    """Copy the notebooks that are there; remove those that are not."""
    target.mkdir(exist_ok=True)
    found = {path.name: path for path in NOTEBOOKS.glob("*.ipynb")}
    for old in target.glob("*.ipynb"):
        if old.name not in found:
            old.unlink()
    for name, path in found.items():
        _write(target / name, path.read_bytes())


def frames_page() -> str:
    """Every column of every frame."""
    lines = [
        "# Frames",
        "",
        "The same columns when a frame is empty, missing values as pandas has them, and in `attrs` the source, the",
        "requests it took, and whether it is complete. Made from the schemas in `regexplore/frames/`.",
        "",
    ]
    for name, told, schema in sorted(_schemas()):
        lines += [f"## {name}", "", told, "", "| column | dtype | meaning |", "|---|---|---|"]
        lines += [
            f"| `{column.name}` | `{column.dtype}` | {_cell(column.meaning)} |" for column in schema.columns
        ]
        lines.append("")
    return "\n".join(lines)


def glossary_page() -> str:
    """Everything that `rx.explain` knows by name."""
    lines = [
        "# Glossary",
        "",
        "What `rx.explain(word)` and `regexplore explain WORD` say, made from the same tables.",
        "",
    ]
    for kind in KINDS:
        lines += [f"## {_TITLES[kind]}", ""]
        table = entries(kind)
        for name in sorted(table, key=str.casefold) if kind == TERM else table:
            lines += _entry(table[name])
    return "\n".join(lines)


def names_page() -> str:
    """Every public name, with the first line of its docstring."""
    lines = [
        "# All public names",
        "",
        "Each leads to its entry in the reference. The examples there are run as doctests. They begin with",
        "",
        "```python",
        "import regexplore as rx",
        "",
        "sandbox = rx.Sandbox.demo().start()",
        "registry = sandbox.registry",
        'repo = registry.repository("demo/app")',
        "```",
        "",
    ]
    for module_name, title in PUBLIC.items():
        module = importlib.import_module(module_name)
        lines += [f"## {title}", "", f"`{module_name}`", "", "| name | what it is |", "|---|---|"]
        for name in sorted(module.__all__, key=str.casefold):
            home, told = home_of(module_name, name)
            lines.append(f"| {{py:obj}}`{name} <{home}>` | {_cell(told)} |")
        lines.append("")
    return "\n".join(lines)


def home_of(module_name: str, name: str) -> tuple[str, str]:
    """Where a public name is defined, and the first line of what is said of it."""
    value: Any = getattr(importlib.import_module(module_name), name)
    if inspect.ismodule(value):
        return value.__name__, _first_line(value)
    if inspect.isclass(value) or inspect.isroutine(value):
        value = inspect.unwrap(value)
        return f"{value.__module__}.{value.__qualname__}", _first_line(value)
    return _home_of_constant(module_name, name)


def _home_of_constant(module_name: str, name: str) -> tuple[str, str]:
    """Find the assignment of a constant below a package, and the text under it."""
    package = importlib.import_module(module_name)
    below = getattr(package, "__path__", None)
    modules = [module.name for module in pkgutil.walk_packages(below, f"{module_name}.")] if below else []
    for candidate in [module_name, *modules]:
        source = inspect.getsource(importlib.import_module(candidate))
        found = re.search(rf'^{name}\b[^=\n]*= .*?(?:\n"""(.*?)"""|$)', source, re.MULTILINE | re.DOTALL)
        if found:
            return f"{candidate}.{name}", (found[1] or "").split("\n")[0]
    raise LookupError(f"{module_name}.{name} is assigned nowhere")


def _schemas() -> Iterator[tuple[str, str, Schema]]:
    for info in pkgutil.iter_modules(regexplore.frames.__path__, "regexplore.frames."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            if isinstance(value, Schema) and f"\n{name} = " in inspect.getsource(module):
                yield name, f"`{info.name}`: {_first_line(module)}", value


def _entry(entry: Entry) -> list[str]:
    """One entry; headings carry anchors of their own, for names that are no words."""
    name = entry.name if entry.kind == TERM else f"`{entry.name}`"
    title = f"{name}: {entry.title}" if entry.title else name
    lines = [f"({anchor(entry)})=", f"### {title}", "", _text(entry.words), ""]
    lines += [f"- {_text(words)}" for words in entry.guide]
    near = [f"[{name}](#{anchor(found)})" for name in entry.see if (found := _near(name)) is not None]
    lines += [
        *([""] if entry.guide else []),
        f"[{entry.citation}]({entry.citation.url})" + (f" · see {', '.join(near)}" if near else ""),
        "",
    ]
    return lines


def anchor(entry: Entry) -> str:
    """The anchor of an entry."""
    return re.sub(r"[^a-z0-9]+", "-", f"{entry.kind}-{entry.name}".lower()).strip("-")


def _near(name: str) -> Entry | None:
    return entries(TERM).get(name) or entries(HEADER).get(name)


def _first_line(value: Any) -> str:
    return (inspect.getdoc(value) or "").split("\n")[0].replace("``", "`")


def _cell(text: str) -> str:
    return _text(text.replace("``", "`")).replace("|", "\\|")


def _text(text: str) -> str:
    """Keep Markdown from reading more than code in our sentences."""
    return re.sub(r"([<>*_\[\]])(?=[^`]*(?:`[^`]*`[^`]*)*$)", r"\\\1", text)


def _write(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)


if __name__ == "__main__":
    shutil.rmtree(HERE / "generated", ignore_errors=True)
    write_all()
