"""What a matrix of many small cases needs."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def old_objects_set_aside() -> Iterator[None]:
    """Each case collects garbage, to tell what it leaves; it need not go over what was there before all of them."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
