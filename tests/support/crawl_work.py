"""Work for crawls that other processes can import."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pandas as pd

from regexplore.objects import Repository


def tag_count(repository: Repository) -> pd.DataFrame:
    """Return the number of tags, one row."""
    return pd.DataFrame({"tags": [len(repository.tags(progress=None))]})


def tag_count_or_death(repository: Repository, marker: str, victim: str) -> pd.DataFrame:
    """The same; whoever is the first to get to a certain repository is killed by it."""
    if repository.reference.repository == victim:
        try:
            Path(marker).touch(exist_ok=False)
        except FileExistsError:
            pass
        else:
            os.kill(os.getpid(), signal.SIGKILL)
    return tag_count(repository)


def with_other_columns(repository: Repository) -> pd.DataFrame:
    """Return a frame that fits the others everywhere but in one repository."""
    name = "odd" if repository.reference.repository.endswith("7") else "tags"
    return pd.DataFrame({name: [1]})


def failing(repository: Repository) -> pd.DataFrame:
    """Raise something of its own in one repository."""
    if repository.reference.repository.endswith("7"):
        raise ZeroDivisionError("seven")
    return tag_count(repository)
