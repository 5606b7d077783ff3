"""The page of all models, as plain HTML in the style of the report."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from leadline.reports.page import DIRECTORY
from leadline.server.overview import ModelOverview

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Content security policy of the page: it has styles and no script."""

_WORD = {"alert": "▲ Alert", "warning": "◆ Warning", "ok": "○ Quiet", "unknown": "▨ Not judged"}


def fleet(models: Sequence[ModelOverview]) -> str:
    """One line for each model."""
    rows = "".join(_row(model) for model in models)
    table = (
        "<table><thead><tr><th>Model</th><th>Verdict</th><th>What</th><th>Open alerts</th>"
        "<th>Predictions</th><th>Labels</th><th>Judged</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        if models
        else "<p>No model has sent anything yet, and none has a baseline.</p>"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Leadline</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<style>{_style()}</style></head><body><main><h1>Models</h1>{table}</main></body></html>"
    )


def _row(model: ModelOverview) -> str:
    name = (
        f'<a href="/models/{quote(model.name, safe="")}">{_text(model.name)}</a>' if model.verdict else None
    )
    judged = (model.judged_at or "")[:16].replace("T", " ")
    what = model.problem or model.headline or model.waiting_for
    cells = [
        name or _text(model.name),
        _WORD.get(model.verdict or "unknown", ""),
        _text(what),
        str(model.open_alerts),
        f"{model.predictions:,}",
        f"{model.labels:,}",
        judged,
    ]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _style() -> str:
    path = DIRECTORY / "page.css"
    return path.read_text("utf-8").replace("</", "<\\/") if path.is_file() else ""


def _text(value: str) -> str:
    return escape("".join(char if char.isprintable() else "�" for char in value))
