"""Which files are kept while a layer is listed, so that nobody has to read the layer again for them.

Kept are package databases, the lists of files that belong to packages, accounts, and small files that may hold a
secret: these from layers that later ones hide, too.
"""

from __future__ import annotations

from regexplore.content.tar_entries import FILE, TarEntry
from regexplore.image.packages import is_database
from regexplore.image.packages.owned_files import is_file_list

SECRET_ENDINGS = (".pem", ".key", ".npmrc", ".pypirc")
"""Of files that hold a secret or do not: their names alone do not tell."""

ACCOUNT_FILES = frozenset({"etc/passwd", "etc/group", "etc/shadow"})
"""Who there is, and who may log in."""

MAX_SECRET_BYTES = 64 << 10


def is_kept(entry: TarEntry) -> bool:
    """Whether the content of an entry is kept."""
    return is_database(entry) or (
        entry.type == FILE
        and (
            is_file_list(entry.name)
            or (
                entry.size <= MAX_SECRET_BYTES
                and (entry.name.endswith(SECRET_ENDINGS) or entry.name.removeprefix("./") in ACCOUNT_FILES)
            )
        )
    )
