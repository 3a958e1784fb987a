"""No parser takes much more memory than its input: what asks for it gets a MemoryError, and that is a find."""

import resource
from collections.abc import Iterator

import pytest
from support.address_space import bounded


@pytest.fixture(autouse=True)
def bounded_memory() -> Iterator[None]:
    """A test may ask for so much more than its process holds, and no more."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    bounded()
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)
