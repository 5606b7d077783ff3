"""What a process that serves a model has to know, and how much of everything there is."""

from __future__ import annotations

import msgspec

from leadline.schedule import DAY


class Plan(msgspec.Struct, frozen=True):
    """A demo's numbers.

    Attributes:
        model: that the process serves.
        url: of the server.
        origin: microseconds since 1970 UTC at which live traffic begins; a midnight.
        seed: of the worlds.
        training_days: of which the model is trained; reference_days: that follow, of which the baseline is
            learned; history_days: that follow until the origin.
        budget: of false alerts.
        rows: of a baseline and its buckets that are kept as cells, as in `leadline.Settings`.
        file: with the model's traffic, which then is not simulated; "": none.
    """

    model: str
    url: str
    origin: int
    seed: int = 7
    training_days: int = 16
    reference_days: int = 105
    history_days: int = 90
    budget: str = "1/90d"
    rows: int = 4_000
    file: str = ""

    def seeds(self, day: int) -> tuple[int, int]:
        """Of a day (days since 1970): the same for the same distance from the origin, whatever the date."""
        return self.seed, day - self.training // DAY

    @property
    def history(self) -> int:
        """When the history begins."""
        return self.origin - self.history_days * DAY

    @property
    def reference(self) -> int:
        """When the reference begins."""
        return self.history - self.reference_days * DAY

    @property
    def training(self) -> int:
        """When the rows that the model is trained of begin."""
        return self.reference - self.training_days * DAY
