"""Back and forward, as in a browser."""

from __future__ import annotations

from regexplore.explorer.place import Place

MOST = 200


class Visits:
    """The places that were visited, and which one of them is shown."""

    def __init__(self, start: Place) -> None:
        self._places = [start]
        self._at = 0

    @property
    def here(self) -> Place:
        """The place that is shown."""
        return self._places[self._at]

    @property
    def can_go_back(self) -> bool:
        """Whether there is a place before this one."""
        return self._at > 0

    @property
    def can_go_forward(self) -> bool:
        """Whether there is a place after this one."""
        return self._at < len(self._places) - 1

    def go(self, place: Place) -> None:
        """Visit a place; what could be gone forward to is forgotten."""
        if place == self.here:
            return
        self._places = [*self._places[: self._at + 1], place][-MOST:]
        self._at = len(self._places) - 1

    def back(self) -> Place:
        """Go one place back, if there is one."""
        self._at = max(self._at - 1, 0)
        return self.here

    def forward(self) -> Place:
        """Go one place forward, if there is one."""
        self._at = min(self._at + 1, len(self._places) - 1)
        return self.here
