"""How fast the server's page is: the list of 1,000 models, the first view of a wide model, and brushing it.

`python benchmarks/speed/page.py` needs Chromium. A model of 100 features x 90 days is judged by a real
server; 1,000 models are that many judgements of it. Times are wall-clock on loopback, the best and the
median of some runs.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import numpy as np

import leadline
from leadline.schedule import instant
from leadline.stores.metadata.judgements import Judgement

ROOT = Path(__file__).parents[2]
DAY = 86_400_000_000
MODEL = "wide"


def sample() -> ModuleType:
    """`tests/ui/fleet_sample.py`, which runs a server."""
    spec = importlib.util.spec_from_file_location("fleet_sample", ROOT / "tests/ui/fleet_sample.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table(start: int, days: int, rows: int, features: int, seed: int) -> dict[str, Any]:
    """Rows of some days; in the last third of the live ones every tenth feature moves."""
    rng = np.random.default_rng(seed)
    day = np.repeat(np.arange(days), rows)
    found: dict[str, Any] = {f"f{i:03}": rng.normal(size=len(day)) for i in range(features)}
    late = day >= days * 2 // 3
    for i in range(0, features, 10):
        found[f"f{i:03}"] += 0.6 * late * (seed > 1)
    risk = found["f000"]
    found["at"] = start + day * DAY + rng.integers(0, DAY, len(day))
    found["score"] = 1 / (1 + np.exp(-risk))
    found["label"] = (rng.random(len(day)) < found["score"]).astype(int)
    found["id"] = np.array([f"{seed}-{i}" for i in range(len(day))], object)
    return found


def fill(fleet: Any, send: Callable[[str, bytes, str], None], folder: Path, features: int, days: int) -> None:
    """The wide model, judged."""
    names = [f"f{i:03}" for i in range(features)]
    reference = table(instant("2026-01-10"), 60, 120, features, 1)
    reference["at"] = reference["at"].astype("datetime64[us]")
    roles = {"id": "id", "timestamp": "at", "score": "score", "label": "label"}
    learned = leadline.learn(reference, window="1d", budget="1/30d", **roles)
    fleet.service.set_baseline(MODEL, learned.save(folder / "wide.leadline").read_bytes())
    start = fleet.clock.now // DAY * DAY - days * DAY
    live = table(start, days, 120, features, 2)
    for first in range(0, len(live["id"]), 3_000):
        part = slice(first, first + 3_000)
        predictions = {
            "rows": len(live["id"][part]),
            "id": live["id"][part].tolist(),
            "timestamp": (live["at"][part] / 1e6).tolist(),
            "score": live["score"][part].tolist(),
            "label": live["label"][part].tolist(),
            "features": {name: live[name][part].tolist() for name in names},
        }
        batch = {"format": 1, "model": MODEL, "version": "1", "predictions": predictions}
        send(fleet.url, gzip.compress(json.dumps(batch).encode(), 1), f"wide-{first}")
    fleet.service.worker.round()
    assert fleet.service.worker.problems == {}, fleet.service.worker.problems


def multiply(fleet: Any, count: int) -> None:
    """The judgement of the wide model under many names, each with a baseline."""
    metadata = fleet.service.metadata
    judgement = metadata.judgements.of(MODEL)
    assert judgement is not None
    for i in range(count):
        own: Judgement = msgspec.structs.replace(judgement, model=f"model-{i:04}", report=b"{}")
        metadata.models.set_baseline(own.model, b"", fleet.clock.now)
        metadata.judgements.keep(own, lambda _: None)


def timed(url: str, runs: int) -> tuple[list[float], int]:
    """Milliseconds of some requests, and the bytes of the answer."""
    found, size = [], 0
    for _ in range(runs):
        began = time.perf_counter()
        with urllib.request.urlopen(url) as answer:
            size = len(answer.read())
        found.append(1e3 * (time.perf_counter() - began))
    return found, size


SHOWN = """async (selector) => {
  while (!document.querySelector(selector)) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now();
}"""

WATCH = """() => {
  window.long = [];
  new PerformanceObserver((list) => list.getEntries().forEach((e) => window.long.push(e.duration)))
    .observe({ type: 'longtask' });
}"""


def first_views(browser: Any, url: str, selector: str, runs: int) -> tuple[list[float], list[float]]:
    """From the start of the navigation to the frame after `selector` is there, without a cache.

    Returns:
        Milliseconds by the clock, and of the processor in the page's main thread.
    """
    clock, processor = [], []
    for _ in range(runs):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(url, wait_until="commit")
        clock.append(page.evaluate(SHOWN, selector))
        processor.append(1e3 * metric(session, "TaskDuration"))
        context.close()
    return clock, processor


def brushing(browser: Any, url: str) -> tuple[list[float], list[float]]:
    """Tasks over 50 ms by the clock, and the script of each frame in processor time, while brushing."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(".heat-plot")
    page.wait_for_timeout(500)
    page.evaluate(WATCH)
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    box = page.locator(".over-time .brush").first.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.45 * box["width"], y)
    page.mouse.down()
    scripts = []
    for step in range(60):
        before = metric(session, "ScriptDuration")
        share = 0.5 + 0.45 * abs((step % 40) / 20 - 1)
        page.mouse.move(box["x"] + share * box["width"], y)
        page.evaluate("() => new Promise(requestAnimationFrame)")
        scripts.append(1e3 * (metric(session, "ScriptDuration") - before))
    page.mouse.up()
    long = page.evaluate("window.long")
    context.close()
    return long, scripts


def metric(session: Any, name: str) -> float:
    """A counter of the browser, in seconds."""
    return next(m["value"] for m in session.send("Performance.getMetrics")["metrics"] if m["name"] == name)


def said(name: str, values: Sequence[float], more: str = "") -> None:
    """One line: best and median in milliseconds."""
    print(f"{name:58} best {min(values):7.0f} ms   median {statistics.median(values):7.0f} ms{more}")


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", type=int, default=100)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--models", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright

    module = sample()
    with tempfile.TemporaryDirectory() as folder, module.serving(Path(folder) / "data", stories=()) as fleet:
        fill(fleet, module.send, Path(folder), given.features, given.days)
        wide = f"{given.features} features x {given.days} days"
        report, size = timed(f"{fleet.url}/api/v1/models/{MODEL}/report", given.runs)
        said(f"GET report, {wide}", report, f"   {size / 1e6:.2f} MB")
        feature, size = timed(f"{fleet.url}/api/v1/models/{MODEL}/features/f010", given.runs)
        said("GET feature", feature, f"   {size / 1e6:.2f} MB")
        multiply(fleet, given.models)
        listed, size = timed(f"{fleet.url}/api/v1/models", given.runs)
        said(f"GET list of {given.models:,} models", listed, f"   {size / 1e6:.2f} MB")
        with sync_playwright() as driver:
            chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for name, path, selector in (
                (f"first view of the model, {wide}", f"/models/{MODEL}", ".heat-plot"),
                (f"first view of the fleet, {given.models:,} models", "/", ".model-row .name"),
                ("the same, unfolded", "/?quiet=shown", ".model-row .name"),
            ):
                clock, processor = first_views(chromium, fleet.url + path, selector, given.runs)
                said(name, clock, f"   of which its thread worked {statistics.median(processor):.0f} ms")
            long, scripts = brushing(chromium, f"{fleet.url}/models/{MODEL}")
            chromium.close()
        said("script of a frame while brushing, processor time", scripts, f"   highest {max(scripts):.1f} ms")
        print(f"tasks over 50 ms while brushing: {len(long)} {[round(value) for value in long]}")


if __name__ == "__main__":
    main()
