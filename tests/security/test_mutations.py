"""The mutations are ready to be shown: what they take out is there, and the tests that notice are there."""

import importlib.util
import sys
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("mutations", Path(__file__).with_name("mutations.py"))
mutations = importlib.util.module_from_spec(spec)
sys.modules["mutations"] = mutations
spec.loader.exec_module(mutations)


@pytest.mark.parametrize("mutation", mutations.MUTATIONS, ids=lambda one: f"{one.threat} {one.what}")
def test_a_mutation_fits_the_code(mutation):
    text = (mutations.ROOT / mutation.file).read_text("utf-8")
    assert text.count(mutation.before) == 1
    path, _, name = mutation.test.partition("::")
    assert f"def {name.partition('[')[0]}(" in (mutations.ROOT / "tests" / path).read_text("utf-8")


def test_many_threats_have_one():
    assert len({one.threat for one in mutations.MUTATIONS}) >= 20
