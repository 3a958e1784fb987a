"""Build steps made readable, and put together as a Dockerfile that only looks like the one that was used.

Builders write down what they ran in their own ways: docker's old builder prefixes what makes no layer with ``#(nop)``,
BuildKit ends its lines with ``# buildkit``, build arguments come in front as ``|2 a=b c=d``.

Source: image-spec "config.md" (history); builders' output.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from regexplore.oci import HistoryEntry
from regexplore.visible import spelled_out

NOT_EXACT = (
    "# Approximate: put together from the history of the image, which the builder wrote and nothing proves.\n"
    "# Files that were copied in, earlier build stages and comments are not in it."
)
INSTRUCTIONS = frozenset(
    {
        *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL"),
        *("MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
    }
)
_NOP = re.compile(r"/bin/sh -c #\(nop\)\s*")
_SHELL = re.compile(
    r"(?:/bin/(?:ba)?sh -e?o? ?(?:pipefail )?-c|/bin/(?:ba)?sh -c|cmd /S /C|powershell -Command)\s+"
)
_ARGUMENTS = re.compile(r"\|[0-9]{1,4} ")
_COPIED = re.compile(r"(ADD|COPY) (?:file|dir|multi):[0-9a-f]{64} in (\S+)")


@dataclass(frozen=True, slots=True)
class BuildStep:
    """A step of the history in a readable form.

    Attributes
    ----------
    instruction : str
        Such as ``RUN`` or ``COPY``; "" when it cannot be told.
    text : str
        The rest of the line.
    arguments : str
        Build arguments that were set, as the builder wrote them.
    """

    instruction: str
    text: str
    arguments: str = ""

    def __str__(self) -> str:
        return f"{self.instruction} {self.text}".strip()


def build_step(created_by: str) -> BuildStep:
    """Read one line of a history.

    Examples
    --------
    >>> str(build_step('/bin/sh -c #(nop)  CMD ["bash"]'))
    'CMD ["bash"]'
    >>> str(build_step("RUN /bin/sh -c apt-get update # buildkit"))
    'RUN apt-get update'
    """
    line = created_by.strip().removesuffix("# buildkit").strip()
    nop = _NOP.match(line)
    if nop:
        return _instruction(line[nop.end() :])
    word, _, rest = line.partition(" ")
    if word == "RUN":
        arguments, command = _arguments(rest)
        return BuildStep("RUN", _without_shell(command), arguments)
    if word in INSTRUCTIONS:
        return _instruction(line)
    arguments, command = _arguments(line)
    if _SHELL.match(command):
        return BuildStep("RUN", _without_shell(command), arguments)
    return BuildStep("", line)


def dockerfile(history: Sequence[HistoryEntry], base: str = "") -> str:
    """Return a Dockerfile that would make an image of this kind; its first lines say that it is approximate.

    Parameters
    ----------
    history
        Of the image config, oldest first.
    base
        Name of the base image, where the image claims one.
    """
    lines = [NOT_EXACT, f"FROM {_one_line(base) or 'scratch'}"]
    if base:
        lines.append("# The base image's own steps are repeated below.")
    for entry in history:
        step = build_step(entry.created_by)
        if step.arguments:
            lines.append(f"# build arguments: {_one_line(step.arguments)}")
        lines.append(
            _readable(step) if step.instruction else f"# {_one_line(str(step)) or 'a step without words'}"
        )
    return "\n".join(lines) + "\n"


def _instruction(text: str) -> BuildStep:
    found = _COPIED.fullmatch(text.strip())
    if found:
        return BuildStep(found.group(1), f"… {found.group(2)}")
    word, _, rest = text.strip().partition(" ")
    return BuildStep(word, rest.strip()) if word in INSTRUCTIONS else BuildStep("", text.strip())


def _arguments(text: str) -> tuple[str, str]:
    """Split the build arguments off the front of a command."""
    if not _ARGUMENTS.match(text):
        return "", text
    shell = _SHELL.search(text)
    if shell is None:
        return "", text
    return text[text.index(" ") + 1 : shell.start()].strip(), text[shell.start() :]


def _without_shell(command: str) -> str:
    found = _SHELL.match(command)
    return command[found.end() :] if found else command


def _readable(step: BuildStep) -> str:
    """Break a long command where it goes on with ``&&``."""
    text = _one_line(str(step))
    return text.replace(" && ", " \\\n && ") if step.instruction == "RUN" and len(text) > 80 else text


def _one_line(text: str) -> str:
    return spelled_out(" ".join(text.split()))
