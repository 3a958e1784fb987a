"""T33, T34: no parser of remote text takes more than twice as long for twice as much, whatever it is fed."""

import pytest
from support.fuzz_mutations import large
from support.fuzz_targets import targets
from support.growth import grows_too_fast

SIZE = 100_000


@pytest.mark.fuzz
@pytest.mark.parametrize("name", [name for name, target in targets().items() if target.remote])
def test_t33_t34_100_kb_take_twice_as_long_as_50(name):
    target = targets()[name]
    halves, found, tried = dict(large(target.seeds, SIZE // 2)), {}, 0
    for case, raw in large(target.seeds, SIZE):
        tried += 1
        told = grows_too_fast(lambda case=case: target(halves[case]), lambda raw=raw: target(raw))
        if told:
            found[case] = told
    print(f"{name}: {tried} inputs of about {SIZE:,} bytes")
    assert not found
