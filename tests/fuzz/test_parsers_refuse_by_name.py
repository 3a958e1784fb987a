"""A parser of remote text takes its input or refuses it by name; it never raises anything else.

`REGEXPLORE_FUZZ_SECONDS` makes the search as long as one likes; what it finds is kept in ``corpus``.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from support.fuzz_mutations import nearly
from support.fuzz_targets import targets

# What the library of certificates remarks on is neither taken nor refused by that.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Parsed a serial number", "ignore:Attribute's length:UserWarning"
)
CORPUS = Path(__file__).with_name("corpus")
# A second of search is about so many inputs.
EXAMPLES = 100 * int(os.environ.get("REGEXPLORE_FUZZ_SECONDS", "2"))


@pytest.mark.parametrize("name", targets())
def test_what_is_sound_is_taken(name):
    target = targets()[name]
    assert [seed for seed in target.seeds if not target(seed)] == []


@pytest.mark.fuzz
@pytest.mark.parametrize("name", targets())
def test_what_is_nearly_sound_is_taken_or_refused(name):
    target = targets()[name]

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
    @given(nearly(target.seeds))
    def search(raw):
        target(raw)

    search()


@pytest.mark.parametrize(
    "path", sorted(CORPUS.glob("*/*")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_what_was_once_found_stays_refused(path):
    targets()[path.parent.name](path.read_bytes())
