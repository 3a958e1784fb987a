"""Objects with a card: one method gives the card, the rest follows from it."""

from __future__ import annotations

from collections.abc import Iterable

from regexplore.show.bundle import line, mimebundle
from regexplore.show.card import Card


class Shown:
    """Mixin: ``_card`` is shown in notebooks, by ``str`` and, in one line, by ``repr``; none raises."""

    def _card(self) -> Card:
        raise NotImplementedError

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        return mimebundle(self._card, include, exclude)

    def __repr__(self) -> str:
        return line(self._card)

    def __str__(self) -> str:
        return mimebundle(self._card)["text/plain"]
