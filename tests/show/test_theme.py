"""F13: every text has a contrast of at least 4.5 to 1, with our palettes and with JupyterLab's own colours."""

from __future__ import annotations

import re

import pytest

from regexplore.show.theme import BADGE_TEXT, BADGES, DARK, LIGHT, badge_style, style_sheet

TEXTS = ("text", "muted", "link", "good", "warning", "error")
GROUNDS = ("ground", "raised")

# JupyterLab's light and dark themes: text, ground and link colours as they compute.
JUPYTERLAB_LIGHT = LIGHT | {"text": "#000000", "ground": "#ffffff", "link": "#1565c0"}
JUPYTERLAB_DARK = DARK | {"text": "#ffffff", "ground": "#212121", "link": "#64b5f6"}
VSCODE_LIGHT = LIGHT | {"text": "#3b3b3b", "ground": "#ffffff", "link": "#005fb8"}
VSCODE_DARK = DARK | {"text": "#cccccc", "ground": "#1f1f1f", "link": "#4daafc"}


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    "palette", [LIGHT, DARK, JUPYTERLAB_LIGHT, JUPYTERLAB_DARK, VSCODE_LIGHT, VSCODE_DARK],
    ids=["light", "dark", "jupyterlab-light", "jupyterlab-dark", "vscode-light", "vscode-dark"],
)  # fmt: skip
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ground", GROUNDS)
def test_f13_text_reads_on_every_ground(palette: dict[str, str], text: str, ground: str) -> None:
    assert contrast(palette[text], palette[ground]) >= 4.5


@pytest.mark.parametrize("kind", BADGES)
def test_f13_badges_read(kind: str) -> None:
    assert contrast(BADGES[kind], BADGE_TEXT) >= 4.5


def test_an_unknown_kind_has_a_badge_too() -> None:
    assert badge_style("never heard of") == badge_style("unknown")


def test_every_colour_of_the_rules_is_a_variable_of_both_palettes() -> None:
    rules = style_sheet()
    used = set(re.findall(r"var\(--rx-([a-z]+)\)", rules))
    assert used <= set(LIGHT) == set(DARK)
    assert not re.findall(r"#[0-9a-f]{3,6}", rules.partition(".rx-head")[0].rpartition("}\n")[2])


def test_the_style_sheet_stays_inside_cards_and_loads_nothing() -> None:
    rules = style_sheet()
    assert "url(" not in rules
    assert "@import" not in rules
    assert "<" not in rules
    selectors = re.findall(r"(?:^|\})\s*([^{}]+)\{", rules)
    assert selectors
    assert all(".rx-card" in part for selector in selectors for part in selector.split(","))
