"""What Prometheus reads: the server's own counters, and the verdicts of the models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from leadline.server.judging.numbers import FAMILIES, Number
from leadline.server.judging.overview import ModelOverview, overview
from leadline.server.service import Service
from leadline.stores.contract import Section

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[dict[str, str], float]
Family = tuple[str, str, str, Iterable[Sample]]
"""Name, kind, help and samples."""

VERDICTS = ("ok", "warning", "alert", "unknown")


def text(service: Service) -> str:
    """All metrics, in the text format of Prometheus."""
    models = overview(service)
    rows = {model.name: service.store.rows(model.name) for model in models}
    lines = []
    for name, kind, help_text, samples in (
        *_of_server(service), *_of_overview(models, rows), *_of_models(service)
    ):  # fmt: skip
        lines += [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{_labels(labels)} {float(value):.17g}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _of_server(service: Service) -> list[Family]:
    """What the server says of itself."""
    waiting, undelivered = service.committer.waiting, service.metadata.channels.undelivered()
    return [
        ("leadline_batches_total", "counter", "Batches taken since the start.", [({}, service.batches)]),
        ("leadline_waiting_bytes", "gauge", "Bytes of batches that wait to be kept.", [({}, waiting)]),
        (
            "leadline_undelivered_messages",
            "gauge",
            "Messages that no channel has taken yet.",
            [({}, undelivered)],
        ),
    ]


def _of_overview(models: Sequence[ModelOverview], rows: Mapping[str, Mapping[Section, int]]) -> list[Family]:
    """How each model does; its rows by its name."""
    kept = [
        ({"model": name, "kind": kind}, count)
        for name, kinds in rows.items()
        for kind, count in kinds.items()
    ]
    verdicts = [
        ({"model": model.name, "verdict": verdict}, verdict == (model.verdict or "unknown"))
        for model in models
        for verdict in VERDICTS
    ]
    alerts = [({"model": model.name}, model.open_alerts) for model in models]
    failing = [({"model": model.name}, bool(model.problem)) for model in models]
    return [
        ("leadline_rows", "gauge", "Rows that are kept, by model and kind.", kept),
        (
            "leadline_model_verdict",
            "gauge",
            "1 for the verdict that was last given, by model.",
            verdicts,
        ),
        ("leadline_model_open_alerts", "gauge", "Alerts that are not resolved, by model.", alerts),
        ("leadline_model_failing", "gauge", "1 where the last round could not judge the model.", failing),
    ]


def _of_models(service: Service) -> list[Family]:
    """What the last judgements say, by family."""
    found: dict[str, list[Sample]] = {name: [] for name in FAMILIES}
    for model, content in service.metadata.judgements.numbers().items():
        for number in msgspec.json.decode(content, type=list[Number]):
            found[number.family].append(({"model": model, **number.labels}, number.value))
    return [(name, "gauge", FAMILIES[name], samples) for name, samples in found.items() if samples]


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
