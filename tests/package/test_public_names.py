"""The public surface is a list, and importing it is cheap."""

import subprocess
import sys

import pytest

import regexplore as rx

HEAVY = (
    "requests",
    "urllib3",
    "msgspec",
    "dataclasses",
    "inspect",
    "regexplore.oci",
    "regexplore.remote",
    "regexplore.errors",
    "pandas",
    "numpy",
    "ipywidgets",
    "graphviz",
    "IPython",
    "starlette",
    "uvicorn",
    "typer",
    "cryptography",
)


@pytest.mark.parametrize("name", rx.__all__)
def test_every_public_name_is_there(name):
    assert getattr(rx, name) is not None
    assert name in dir(rx)


def test_unknown_names_are_named_in_the_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = rx.nonsense


def test_import_loads_nothing_heavy():
    code = f"import sys, regexplore; print([m for m in {HEAVY!r} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["errors", "oci", "remote"])
def test_the_packages_of_the_language_are_there_without_being_imported(name):
    code = f"import regexplore; print(regexplore.{name}.__name__)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == f"regexplore.{name}"


def test_reading_client_works_without_the_optional_parts():
    code = (
        "import sys\n"
        "for name in ('starlette', 'uvicorn', 'cryptography', 'pandas', 'graphviz'): sys.modules[name] = None\n"
        "import regexplore as rx\n"
        "from regexplore.remote import RemoteRepository\n"
        "print(RemoteRepository('localhost:5000/a').reference)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "localhost:5000/a"
