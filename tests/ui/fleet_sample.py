"""A fleet in the middle of its life, sent to a real server: for looking at the pages and testing them.

`python tests/ui/fleet_sample.py FOLDER [PORT]` keeps it in a folder and serves it until Ctrl-C.
"""

from __future__ import annotations

import gzip
import itertools
import json
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import leadline
from leadline.schedule import instant
from leadline.server.run import listening, server
from leadline.server.service import Service

DAY = 86_400_000_000
REFERENCE_START, LIVE_START = instant("2026-03-02"), instant("2026-04-16")
REFERENCE_DAYS, LIVE_DAYS = 45, 60
NOW = LIVE_START + LIVE_DAYS * DAY + 9 * 3_600_000_000 + 20 * 60_000_000

Columns = dict[str, npt.NDArray[Any]]
Change = Callable[[Columns, npt.NDArray[np.int64], np.random.Generator], None]


@dataclass(frozen=True)
class Story:
    """A model and what happens to it.

    Attributes:
        name: of the model.
        task: what it predicts.
        numbers: features by name, each (mean, standard deviation, weight in the truth).
        texts: features by name, each with its values.
        rows: a day.
        label_days: after which a label comes; None: never.
        change: what the world does to the features of live rows, by day.
        released: live day on which the version goes up by one.
        beside: the version before serves half of the rows on, and each version is a window.
    """

    name: str
    task: str
    numbers: Mapping[str, tuple[float, float, float]]
    texts: Mapping[str, tuple[str, ...]]
    rows: int = 160
    label_days: int | None = 2
    change: Change | None = None
    released: int = 200
    beside: bool = False


def _income_falls(columns: Columns, day: npt.NDArray[np.int64], rng: np.random.Generator) -> None:
    columns["income"][day >= 46] -= 5_600
    columns["debt_ratio"][day >= 46] *= 1.15


def _goes_missing(columns: Columns, day: npt.NDArray[np.int64], rng: np.random.Generator) -> None:
    gone = (day >= 55) & (rng.random(len(day)) < 0.3)
    columns["merchant_country"][gone] = None


def _new_category(columns: Columns, day: npt.NDArray[np.int64], rng: np.random.Generator) -> None:
    new = (day >= 38) & (day < 44) & (rng.random(len(day)) < 0.15)
    columns["promotion"][new] = "bundle"


def _second_is_sent_other_incomes(
    columns: Columns, day: npt.NDArray[np.int64], rng: np.random.Generator
) -> None:
    columns["income"][(day >= 36) & (np.arange(len(day)) % 2 == 0)] *= 0.91


CREDIT = {
    "income": (38_000.0, 9_000.0, -0.9),
    "age": (44.0, 12.0, -0.2),
    "months_at_address": (60.0, 25.0, -0.2),
    "requested_amount": (12_000.0, 4_000.0, 0.3),
    "debt_ratio": (0.31, 0.08, 0.6),
    "accounts": (4.0, 1.5, 0.1),
}
QUIET = {"sessions": (9.0, 3.0, 0.7), "tenure": (24.0, 9.0, -0.6), "spend": (80.0, 25.0, 0.2)}
CHANNELS = ("app", "branch", "web")

STORIES = (
    Story("credit-default", "binary", CREDIT, {"channel": CHANNELS, "state": ("CA", "NY", "OR", "TX", "WA")},
          rows=260, label_days=4, change=_income_falls, released=46),
    Story("card-fraud", "binary", {"amount": (60.0, 22.0, 1.1), "hour_gap": (5.0, 2.0, -0.4)},
          {"merchant_country": ("DE", "FR", "NL", "PL", "US")},
          rows=300, label_days=12, change=_goes_missing),
    Story("demand-north", "regression", {"price": (9.5, 1.2, -14.0), "temperature": (14.0, 6.0, 6.0)},
          {"promotion": ("leaflet", "none", "price")}, rows=180, label_days=1, change=_new_category),
    Story("ticket-routing", "classes", {"words": (60.0, 25.0, 0.8), "links": (2.0, 1.0, 0.5)},
          {"language": ("de", "en", "fr")}, label_days=3, released=31),
    Story("churn-eu", "binary", QUIET, {"plan": ("basic", "pro")}, label_days=20),
    Story("churn-us", "binary", QUIET, {"plan": ("basic", "pro")}, label_days=20),
    Story("delivery-eta", "regression", {"distance": (6.0, 2.0, 4.0), "load": (0.6, 0.15, 8.0)},
          {"vehicle": ("bike", "car")}, rows=220, label_days=0),
    Story("lead-score", "binary", QUIET, {"source": ("ads", "mail", "search")}, rows=120, label_days=None),
    Story("loan-limit", "binary", {"income": (38_000.0, 9_000.0, -0.9), "tenure": (24.0, 9.0, -0.5)},
          {"channel": CHANNELS}, rows=140, label_days=3, change=_second_is_sent_other_incomes, released=36,
          beside=True),
)  # fmt: skip


def _features(story: Story, day: npt.NDArray[np.int64], rng: np.random.Generator, live: bool) -> Columns:
    size = len(day)
    columns: Columns = {name: rng.normal(mean, sd, size) for name, (mean, sd, _) in story.numbers.items()}
    for name, values in story.texts.items():
        columns[name] = rng.choice(np.array(values, object), size)
    if live and story.change is not None:
        story.change(columns, day, rng)
    return columns


def _rows(story: Story, start: int, days: int, seed: int, live: bool) -> Columns:
    """Rows of some days: features, what the model says, and the truth."""
    rng = np.random.default_rng(seed)
    by_day = (story.rows * rng.normal(1, 0.07, days) * (1 - 0.25 * (np.arange(days) % 7 > 4))).astype(int)
    day = np.repeat(np.arange(days), by_day)
    columns = _features(story, day, rng, live)
    signal = sum(
        weight * (columns[name] - mean) / sd for name, (mean, sd, weight) in story.numbers.items()
    ) + np.zeros(len(day))
    at = start + day * DAY + rng.integers(0, DAY, len(day))
    columns |= {
        "id": np.array([f"{story.name}-{start // DAY}-{i}" for i in range(len(day))], object),
        "at": at,
        "day": day,
        "version": np.where(
            (day >= story.released) & live & ((np.arange(len(day)) % 2 == 0) | (not story.beside)), "7", "6"
        ).astype(object),
    }
    if story.task == "regression":
        columns["prediction"] = 100 + signal
        columns["truth"] = 100 + signal + rng.normal(0, 5, len(day))
    elif story.task == "classes":
        kinds = np.array(["billing", "outage", "other"], object)
        order = np.digitize(signal, [-0.5, 0.6])
        columns["prediction"] = kinds[order]
        wrong = rng.random(len(day)) < 0.12
        columns["truth"] = np.where(wrong, rng.choice(kinds, len(day)), kinds[order])
    else:
        # What the income hides after its fall, the truth still knows.
        known = (
            signal
            if not (live and story.name == "credit-default")
            else np.where(day >= 46, 0.45 * signal, signal)
        )
        columns["score"] = 1 / (1 + np.exp(-signal))
        columns["truth"] = (rng.random(len(day)) < 1 / (1 + np.exp(-known))).astype(int)
    return columns


def _reference(story: Story, seed: int) -> dict[str, Any]:
    rows = _rows(story, REFERENCE_START, REFERENCE_DAYS, seed, live=False)
    names = [*story.numbers, *story.texts, "id", "version"]
    table: dict[str, Any] = {name: rows[name] for name in names}
    table["at"] = rows["at"].astype("datetime64[us]")
    if "prediction" in rows:
        table["prediction"] = rows["prediction"]
    else:
        table["score"] = rows["score"]
    table["label"] = rows["truth"]
    return table


def baseline(story: Story, seed: int, folder: Path) -> bytes:
    """What the model is compared to, as a saved file."""
    roles = {"id": "id", "timestamp": "at", "label": "label", "version": "version"}
    roles |= {"score": "score"} if story.task == "binary" else {"prediction": "prediction"}
    segments = [name for name in ("state", "plan", "language") if name in story.texts]
    options: dict[str, Any] = {"segment": segments} if segments else {}
    options |= {"window": "version"} if story.beside else {"window": "1d", "budget": "1/30d"}
    learned = leadline.learn(_reference(story, seed), **roles, **options)
    path = learned.save(folder / f"{story.name}.leadline")
    return path.read_bytes()


def batches(story: Story, seed: int, until: int = NOW) -> Iterator[bytes]:
    """What a client would have sent since the start, a version at a time."""
    rows = _rows(story, LIVE_START, LIVE_DAYS + 1, seed, live=True)
    rng = np.random.default_rng(seed + 1)
    for version in ("6", "7"):
        own = np.flatnonzero((rows["version"] == version) & (rows["at"] <= until))
        if not len(own):
            continue
        names = [*story.numbers, *story.texts]
        predictions: dict[str, Any] = {
            "rows": len(own),
            "id": rows["id"][own].tolist(),
            "timestamp": (rows["at"][own] / 1e6).tolist(),
            "latency_ms": np.round(rng.lognormal(3.2, 0.35, len(own)), 2).tolist(),
            "features": {name: rows[name][own].tolist() for name in names},
        }
        for name in ("score", "prediction"):
            if name in rows:
                predictions[name] = rows[name][own].tolist()
        batch: dict[str, Any] = {
            "format": 1,
            "model": story.name,
            "version": version,
            "predictions": predictions,
        }
        if story.label_days is not None:
            late = rows["at"][own] + (story.label_days * DAY * rng.gamma(4, 0.25, len(own))).astype(np.int64)
            come = own[late <= until]
            if len(come):
                batch["labels"] = {
                    "rows": len(come),
                    "id": rows["id"][come].tolist(),
                    "label": rows["truth"][come].tolist(),
                    "timestamp": (late[late <= until] / 1e6).tolist(),
                }
        yield gzip.compress(json.dumps(batch).encode(), 1)


def send(url: str, body: bytes, key: str) -> None:
    """Send a batch as a client would."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip", "Idempotency-Key": key}
    request = urllib.request.Request(f"{url}/api/v1/ingest", body, headers, method="POST")
    with urllib.request.urlopen(request, timeout=120) as answer:
        assert not json.loads(answer.read())["refused"]


def fill(service: Service, url: str, folder: Path, stories: tuple[Story, ...] = STORIES) -> None:
    """Send everything, count and judge it."""
    folder.mkdir(parents=True, exist_ok=True)
    # A model has its rows whatever others are there.
    for seed, story in ((STORIES.index(story), story) for story in stories):
        service.set_baseline(story.name, baseline(story, 100 + seed, folder))
        for number, body in enumerate(batches(story, 300 + seed)):
            send(url, body, f"{story.name}-{number}")
    # One that nobody has given a baseline yet.
    unknown = Story("price-elasticity", "regression", {"price": (9.5, 1.2, -14.0)}, {})
    for body in itertools.islice(batches(unknown, 900), 1):
        send(url, body, "price-elasticity")
    service.worker.round()


@dataclass
class Clock:
    """Microseconds since 1970, as set."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now


@dataclass
class Fleet:
    """A server of the fleet, open to this machine."""

    service: Service
    url: str
    clock: Clock = field(default_factory=Clock)


@contextmanager
def serving(folder: Path, port: int = 0, stories: tuple[Story, ...] = STORIES) -> Iterator[Fleet]:
    """A server on a folder, which is filled where it is empty."""
    fresh = not (folder / "rows.duckdb").exists()
    clock = Clock()
    service = Service(folder, clock=clock, pause_seconds=3600.0)
    try:
        with listening("127.0.0.1", port) as socket:
            web = server(service, open=True)
            thread = threading.Thread(target=web.run, kwargs={"sockets": [socket]})
            thread.start()
            url = f"http://127.0.0.1:{socket.getsockname()[1]}"
            try:
                if fresh:
                    fill(service, url, folder / "baselines", stories)
                yield Fleet(service, url, clock)
            finally:
                web.should_exit = True
                thread.join()
    finally:
        service.close()


if __name__ == "__main__":
    with serving(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0) as fleet:
        print(fleet.url, flush=True)
        print(fleet.service.worker.problems, flush=True)
        threading.Event().wait()
