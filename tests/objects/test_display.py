"""Cards of the lower floors' values, shown by IPython when it runs. F24: errors as cards."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell
from support.markup_oracle import assert_safe
from syrupy.assertion import SnapshotAssertion

from regexplore.errors import ErrorDetail, RateLimitedError, RegexploreError
from regexplore.objects import display
from regexplore.oci import Descriptor, Digest, Document, Platform, Reference, media_types
from regexplore.show.bundle import mimebundle

DESCRIPTOR = Descriptor.from_bytes(media_types.OCI_INDEX, b"{}")
VALUES: dict[str, object] = {
    "descriptor": Descriptor(
        media_types.OCI_MANIFEST, DESCRIPTOR.digest, 1234567, {"a": "b"}, "application/x", Platform("linux", "arm64", "v8")
    ),
    "digest": DESCRIPTOR.digest,
    "reference": Reference.parse(f"docker.io/library/alpine:3.20@{DESCRIPTOR.digest}"),
    "platform": Platform("windows", "amd64", os_version="10.0.20348"),
    "document": Document.examine(b'{"os":"linux","architecture":"arm64"}', Descriptor.from_bytes(
        media_types.OCI_CONFIG, b'{"os":"linux","architecture":"arm64"}')),
    "error": RateLimitedError(
        "GET", "https://registry.example/v2/app/tags/list", 429, (ErrorDetail("TOOMANYREQUESTS", "slow down", {"left": 0}),),
        headers={"retry-after": "30"}, attempts=3,
    ),
    "other error": RegexploreError("it did not work", hint="Try again."),
}  # fmt: skip


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.mark.parametrize("name", VALUES)
def test_values_are_cards_in_ipython(shell: InteractiveShell, name: str, snapshot: SnapshotAssertion) -> None:
    assert display.register()
    bundle, _ = shell.display_formatter.format(VALUES[name])
    assert_safe({"text/html": bundle["text/html"], "text/plain": ""})
    page = bundle["text/html"]
    assert page[page.index("</style>") :] == snapshot


def test_plain_text_stays_the_repr(shell: InteractiveShell) -> None:
    display.register()
    digest = Digest(DESCRIPTOR.digest)
    bundle, _ = shell.display_formatter.format(digest)
    assert bundle["text/plain"] == repr(digest)


def test_every_named_type_exists() -> None:
    import importlib

    for module, name in display.CARDS:
        assert isinstance(getattr(importlib.import_module(module), name), type)


@pytest.mark.parametrize("name", VALUES)
def test_no_card_of_a_value_fails(name: str) -> None:
    shown = VALUES[name]
    make = next(
        make
        for (_, kind), make in display.CARDS.items()
        if any(kind == base.__name__ for base in type(shown).__mro__)
    )
    assert "cannot be shown" not in mimebundle(lambda: make(shown))["text/plain"]


def test_ipython_and_pandas_are_not_loaded_for_cards() -> None:
    code = (
        "import sys\n"
        "from regexplore.objects import artifact, collection, display, image, index, layout\n"
        "assert not display.register()\n"
        "print(*sorted({'IPython', 'pandas', 'numpy', 'ipywidgets', 'graphviz', 'starlette'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""
