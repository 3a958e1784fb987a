"""Questions for packages: a name, and versions it must have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from regexplore.errors import PolicyError
from regexplore.image.packages.versions import later

_SPEC = re.compile(r"([A-Za-z0-9@*?][A-Za-z0-9@/._*?+-]{0,200}?)\s*((?:(?:[<>]=?|==|!=).*)?)", re.ASCII)
_BOUND = re.compile(r"\s*([<>]=?|==|!=)\s*([A-Za-z0-9.:~+_-]{1,100})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Requirement:
    """A package that is looked for.

    Attributes
    ----------
    name : str
        A glob, compared without regard to case.
    bounds : tuple of (str, str)
        An operator and a version each; all must hold.
    """

    name: str
    bounds: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Requirement:
        """Read ``openssl``, ``openssl<3.0.7``, ``log4j-*>=2.0,<2.17``.

        Raises
        ------
        PolicyError
            The text is none.

        Examples
        --------
        >>> Requirement.parse("openssl<3.0.7").bounds
        (('<', '3.0.7'),)
        """
        found = _SPEC.fullmatch(text.strip())
        bounds = [_BOUND.fullmatch(part) for part in found[2].split(",")] if found and found[2] else []
        if found is None or not all(bounds):
            raise PolicyError(f"{text!r} is no package", hint="Write a name and bounds: openssl<3.0.7.")
        return cls(found[1].lower(), tuple((one[1], one[2]) for one in bounds if one is not None))

    def names(self, name: str) -> bool:
        """Whether a package goes by the name; the part after the last slash counts as well."""
        lower = name.lower()
        return fnmatchcase(lower, self.name) or fnmatchcase(lower.rpartition("/")[2], self.name)

    def holds(self, kind: str, version: str) -> bool | None:
        """Whether a version is within the bounds; None when its order is not known.

        Parameters
        ----------
        kind
            Of the package, as in purls: it decides how versions are ordered.
        version
            "" for a package that does not tell.
        """
        answers = [_holds(kind, version, operator, bound) for operator, bound in self.bounds]
        if False in answers:
            return False
        return None if None in answers else True


def _holds(kind: str, version: str, operator: str, bound: str) -> bool | None:
    if not version:
        return None
    if version == bound:
        return operator in ("==", "<=", ">=")
    if operator in ("==", "!="):
        return operator == "!="
    after = later(kind, bound, version)
    if after is None:
        return None
    return after if operator.startswith(">") else not after
