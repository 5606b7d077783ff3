"""The report that `leadline.check` returns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadline.errors import ConfigurationError, DataError
from leadline.reports.record import ReportRecord


@dataclass(frozen=True, eq=False)
class Report:
    """A check's result. Frozen; every rendering is made from `record`.

    In a notebook it shows itself as a page, in a terminal as a table.

    Attributes:
        record: all values, see `leadline.reports.record`.
    """

    record: ReportRecord

    @property
    def verdict(self) -> str:
        """ "ok", "warning", "alert" or "unknown"."""
        return self.record.verdict

    @property
    def ok(self) -> bool:
        """Nothing is worth an alert (a warning is no alert; "unknown" is not ok)."""
        return self.record.verdict in ("ok", "warning")

    def to_dict(self) -> dict[str, Any]:
        """The record as plain values, as in the JSON; see the published JSON Schema."""
        from leadline.reports.json import to_dict

        return to_dict(self.record)

    def to_json(self) -> str:
        """The record as JSON text."""
        from leadline.reports.json import encode

        return encode(self.record).decode()

    def to_html(self) -> str:
        """One self-contained page."""
        from leadline.reports.page import render

        return render(self.record)

    def to_markdown(self) -> str:
        """A summary for a pull request."""
        from leadline.reports.markdown import render

        return render(self.record)

    def to_junit(self) -> str:
        """JUnit XML: one test case for each column and performance metric."""
        from leadline.reports.junit import render

        return render(self.record).decode()

    def to_arrow(self) -> Any:
        """One row for each column, as an object with the Arrow PyCapsule interface."""
        from leadline.reports.frames import columns

        return columns(self.record)

    def to_pandas(self) -> Any:
        """One row for each column, as a pandas frame."""
        from leadline.reports.frames import columns

        return columns(self.record).to_pandas()

    def save(self, path: str | Path) -> Path:
        """Save the report in the format of the path's ending: .html, .json, .xml (JUnit) or .md.

        Folders on the way are made.

        Raises:
            ConfigurationError: the ending is none of these.
            DataError: the file cannot be written.
        """
        path = Path(path)
        makers = {
            ".html": self.to_html,
            ".htm": self.to_html,
            ".json": self.to_json,
            ".xml": self.to_junit,
            ".md": self.to_markdown,
        }
        maker = makers.get(path.suffix.lower())
        if maker is None:
            raise ConfigurationError(
                "unknown format of a report",
                where=str(path),
                found=path.suffix or "no ending",
                accepted=makers,
                next_step="Give the file's name one of these endings.",
            )
        text = maker()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise DataError(
                "cannot write the report",
                where=str(path),
                found=error.strerror,
                next_step="Name a file in a folder that may be written.",
            ) from None
        return path

    def __repr__(self) -> str:
        from leadline.reports.terminal import render

        return render(self.record).rstrip("\n")

    def _repr_html_(self) -> str:
        from leadline.reports.page import notebook

        return notebook(self.record)
