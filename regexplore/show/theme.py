"""Colours and the style sheet of cards.

JupyterLab and VS Code tell their colours in CSS variables; elsewhere the palettes below are used. A page
that strips styles still shows tables and headings; badges keep their colours, which are written in place.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

LIGHT = {
    "text": "#1f2328",
    "muted": "#57606a",
    "ground": "#ffffff",
    "raised": "#f3f4f6",
    "border": "#d0d7de",
    "link": "#0b57d0",
    "good": "#1a6b34",
    "warning": "#7d4600",
    "error": "#b3261e",
}
DARK = {
    "text": "#f0f0f0",
    "muted": "#b8bfc6",
    "ground": "#212121",
    "raised": "#303030",
    "border": "#5a5a5a",
    "link": "#8ab4f8",
    "good": "#7ddb98",
    "warning": "#f2b866",
    "error": "#ff9a91",
}

# What the front ends call these colours. Good, warning and error keep our own: theirs are made for borders
# and icons, and are too pale for text.
HOST_VARIABLES = {
    "text": ("--jp-content-font-color0", "--vscode-editor-foreground"),
    "ground": ("--jp-layout-color1", "--vscode-editor-background"),
    "border": ("--jp-border-color2", "--vscode-panel-border"),
    "link": ("--jp-content-link-color", "--vscode-textLink-foreground"),
}

DARK_PAGES = (
    "body[data-jp-theme-light='false']",
    "body.vscode-dark",
    "html[data-theme='dark']",
    "html[theme='dark']",
    "body[data-theme='dark']",
)

BADGE_TEXT = "#ffffff"
BADGES = {
    "registry": "#0f5a73",
    "repository": "#0f5a73",
    "sandbox": "#0f5a73",
    "layout": "#0f5a73",
    "index": "#5b3fa0",
    "image": "#0b57d0",
    "artifact": "#00695c",
    "config": "#6d4c00",
    "layer": "#37474f",
    "descriptor": "#37474f",
    "digest": "#37474f",
    "reference": "#37474f",
    "platform": "#37474f",
    "trace": "#37474f",
    "crawl": "#37474f",
    "copy": "#37474f",
    "exercise": "#6d4c00",
    "unknown": "#5f6368",
    "unreadable": "#b3261e",
    "error": "#b3261e",
}
"""The colour behind each kind's word. The word is always there: no colour carries meaning alone."""


def badge_style(kind: str) -> str:
    """Give the inline style of a kind's badge, in plain colours that sanitisers leave alone."""
    colour = BADGES.get(kind, BADGES["unknown"])
    return f"background-color:{colour};color:{BADGE_TEXT};padding:1px 6px;border-radius:3px;font-weight:600"


@cache
def style_sheet() -> str:
    """Give the CSS of cards: the two palettes, then the rules of ``card.css``."""
    rules = Path(__file__).with_name("card.css").read_text("utf-8")
    return f"{palette_rules('.rx-card')}\n{rules}"


def palette_rules(selector: str) -> str:
    """Give the CSS that sets the colours of what a selector fits, on light pages and on dark ones."""
    dark = ",".join(f"{page} {selector}" for page in DARK_PAGES)
    return f"{selector}{{{_palette(LIGHT)}}}\n{dark}{{{_palette(DARK)}}}"


def system_palette(selector: str) -> str:
    """Give the CSS of a file of its own, which is dark where the reader's system is."""
    return f"@media (prefers-color-scheme:dark){{{selector}{{{_palette(DARK)}}}}}"


def _palette(colours: dict[str, str]) -> str:
    return ";".join(f"--rx-{name}:{_with_host(name, colour)}" for name, colour in colours.items())


def _with_host(name: str, colour: str) -> str:
    shown = colour
    for variable in reversed(HOST_VARIABLES.get(name, ())):
        shown = f"var({variable},{shown})"
    return shown
