"""What is found in streams whose drifts are known: Leadline beside river's detectors.

    python benchmarks/quality/known_drift.py [--small] [--orders 5] [--kswin] [--workers 2] [--data FOLDER]

`streams_known_drift`: windows of 100 rows, 3,000 rows are the reference, the budget is one false alert in 30
windows. After an alert 1,000 rows are left out and the next 3,000 are the new reference, as whoever
answers the alert would do; river's detectors start again by themselves. Everybody may see the error of the
frozen model in every row; Leadline sees the whole table, with the error as one more column. One configuration
for all streams, and river's defaults; below them the parameter with the best MTR, chosen with hindsight.

The first alarm between the start of a drift and the next drift finds it; alarms between that and the end of
its transition are the same alarm; all others are false. MTFA: rows without a drift to be found, by false
alarm; MTD: mean rows from drift to alarm; MDR: drifts missed; MTR = MTFA / MTD (1 - MDR) (Bifet 2017).
A gradual drift starts where one row in fifty follows the next concept, 1,000 rows before its middle.
Each stream is read as it is stored, and with its rows in other orders within each concept.

`elec2_stream`: days; the weeks after May 1997 in other orders, so that nothing changes but by chance: 40 of
them are the reference and every alarm in the rest is false. And as it is stored: when is it found that trade
with Victoria began on 5 May 1997? What alarms before that mean is not known.

river's environment: `python benchmarks/speed/peers.py river`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np

from leadline.comparison import learn, profile
from leadline.monitors.timeline import timeline

HERE = Path(__file__).resolve().parent
WINDOW, REFERENCE, LEFT_OUT = 100, 3000, 1000
FIRST = 5000
DAY = 86_400_000_000
ABRUPT = ((10_000, 10_000), (20_000, 20_000), (30_000, 30_000))
GRADUAL = ((9_000, 11_000), (19_500, 21_500), (30_000, 32_000))
STREAMS = {
    "control_sea_shuffled": (),
    "sea_0123_abrupto_noise_0.2": ABRUPT,
    "sine_0123_gradual": GRADUAL,
    "stagger_0120_abrupto": ABRUPT,
}
"""First row of each drift, and the row after its transition."""
SEEN = ("x1", "x2", "x3", "prediction", "score", "label")
TRADE = np.datetime64("1997-05-05")
ELEC = ("nswprice", "nswdemand", "vicprice", "vicdemand", "transfer", "score", "prediction", "label")
ELEC_REFERENCE, ELEC_DAY = 40 * 7, 48

Columns = dict[str, np.ndarray]


def stored(folder: Path, name: str) -> Columns:
    """A stream's columns from the first row after training on; columns without values are left out."""
    listed = ", ".join(SEEN)
    source = f"from '{folder / 'streams_known_drift.parquet'}' where stream = '{name}' and t >= {FIRST}"
    found = duckdb.sql(f"select {listed} {source} order by t").fetchnumpy()
    return {key: np.asarray(values) for key, values in found.items() if not np.ma.getmaskarray(values).all()}


def ordered(columns: Columns, drifts: Sequence[tuple[int, int]], order: int) -> Columns:
    """The rows in another order within each concept; order 0 is the stored one, transitions stay."""
    rows = np.arange(len(columns["label"]))
    if order:
        rng = np.random.default_rng([order, 21])
        edges = [0, *(at - FIRST for drift in drifts for at in drift), len(rows)]
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            rng.shuffle(rows[start:end])
    return {key: values[rows] for key, values in columns.items()}


def error(columns: Columns) -> np.ndarray:
    """1 where the model was wrong."""
    return (columns["label"] != columns["prediction"]).astype(float)


# ---- Leadline

OPTIONS = {
    "timestamp": "time", "window": "1d", "budget": "1/30d", "label": "label", "prediction": "prediction",
    "score": "score", "columns": {"error": "label != prediction"}, "harmless": "alert", "rows": 0,
}  # fmt: skip


def opened(columns: Columns, width: int, reference: slice, watched: slice) -> list[tuple[int, set[str]]]:
    """Rows after which alerts opened, and what they name; `width` rows are a day."""

    def part(rows: slice) -> dict[str, object]:
        time = np.arange(rows.start, rows.stop) * (DAY // width)
        return {
            **{key: values[rows] for key, values in columns.items()},
            "time": time.astype("datetime64[us]"),
        }

    baseline = learn(part(reference), **OPTIONS)
    found = timeline(baseline, profile(part(watched), baseline), baseline.settings)
    assert found is not None
    assert found.judgement is not None
    windows = len(found.reference)
    return sorted(
        (
            (watched.start + (alert.opened - windows + 1) * width, {named.source for named in alert.sources})
            for alert in found.judgement.alerts
            if alert.tier == "alert"
        ),
        key=lambda alert: alert[0],
    )


def leadline_run(folder: Path, task: tuple[str, int]) -> list[int]:
    """Rows of the stream at which Leadline alarms, each followed by a new reference."""
    name, order = task
    columns = ordered(stored(folder, name), STREAMS[name], order)
    rows, start, alarms = len(columns["label"]), 0, []
    while start + REFERENCE + WINDOW <= rows:
        end = start + REFERENCE
        found = opened(columns, WINDOW, slice(start, end), slice(end, rows - (rows - end) % WINDOW))
        if not found:
            break
        alarms.append(found[0][0] + FIRST)
        start = found[0][0] + LEFT_OUT
    return alarms


# ---- what alarms are worth


@dataclass(frozen=True)
class Worth:
    """Of one stream: rows without a drift to be found, false alarms, delays of the drifts found, drifts."""

    quiet: int
    false: int
    delays: tuple[int, ...]
    drifts: int


def worth(alarms: Sequence[int], drifts: Sequence[tuple[int, int]], first: int, end: int) -> Worth:
    """Match alarms from row `first` on with drifts, each of which lasts until the next one starts."""
    at = sorted(alarm for alarm in alarms if alarm > first)
    false, delays, quiet = 0, [], end - first
    edges = [first, *(drift[0] for drift in drifts), end]
    false += sum(alarm <= edges[1] for alarm in at)
    for (start, settled), until in zip(drifts, edges[2:], strict=True):
        inside = [alarm for alarm in at if start < alarm <= until]
        quiet -= (inside[0] if inside else until) - start
        if inside:
            delays.append(inside[0] - start)
            false += sum(alarm > settled for alarm in inside[1:])
    return Worth(quiet, false, tuple(delays), len(drifts))


def mtr(runs: Sequence[Worth]) -> float:
    """MTFA / MTD (1 - MDR); where no alarm was false as if one had been."""
    delays = [delay for run in runs for delay in run.delays]
    drifts = sum(run.drifts for run in runs)
    if not delays:
        return 0.0
    apart = sum(run.quiet for run in runs) / max(sum(run.false for run in runs), 1)
    return apart / float(np.mean(delays)) * len(delays) / drifts


def row(name: str, runs: Sequence[Worth]) -> str:
    """One line of the table."""
    delays = [delay for run in runs for delay in run.delays]
    quiet, false, drifts = (sum(getattr(run, key) for run in runs) for key in ("quiet", "false", "drifts"))
    least = ">" if not false else " "
    found = [
        f"{30 * WINDOW * false / quiet:9.2f}",
        f"{least}{quiet / max(false, 1):9,.0f}",
        f"{np.mean(delays):8,.0f}" if delays else f"{'':8}",
        f"{1 - len(delays) / drifts:7.2f}" if drifts else f"{'':7}",
        f"{least}{mtr(runs):9,.1f}" if drifts else f"{'':10}",
    ]
    return f"{name:34}{''.join(found)}"


HEAD = f"{'':34}{'false/30w':>9}{'MTFA':>10}{'MTD':>8}{'MDR':>7}{'MTR':>10}"


def river(kswin: bool, signals: Mapping[str, np.ndarray]) -> dict[str, dict[str, list[int]]]:
    """Rows of alarms by detector and array of signals; empty where river is not installed."""
    sys.path.insert(0, str(HERE.parent / "speed"))
    import peers

    if not peers.ready("river"):
        return {}
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "in.npz"), Path(folder, "out.json")
        np.savez(source, **signals)
        found: dict[str, dict[str, list[int]]] = {}
        for tool in ("river", "river_kswin")[: 1 + kswin]:
            worker = (HERE / "peer_worker.py", tool, source, target)
            subprocess.run([str(peers.python("river")), *map(str, worker)], check=True)
            found |= json.loads(target.read_text())["found"]
        return found


Map = Callable[..., Iterator[object]]


def known_table(run: Map, folder: Path, orders: int, kswin: bool) -> Iterator[str]:
    """The streams with known drifts."""
    tasks = [(name, order) for name in STREAMS for order in range(orders)]
    ours = dict(zip(tasks, run(partial(leadline_run, folder), tasks), strict=True))
    columns = {task: ordered(stored(folder, task[0]), STREAMS[task[0]], task[1]) for task in tasks}
    signals = {f"{name}/{order}": error(columns[name, order])[:, None] for name, order in tasks}
    theirs = _by_detector(run, kswin, signals)
    every: dict[str, dict[tuple[str, int], Worth]] = {}
    for who in ("Leadline", *theirs):
        for task in tasks:
            alarms = ours[task] if who == "Leadline" else theirs[who][f"{task[0]}/{task[1]}"]
            if who != "Leadline":
                alarms = [alarm + 1 + FIRST for alarm in alarms]
            end = FIRST + len(columns[task]["label"])
            every.setdefault(who, {})[task] = worth(alarms, STREAMS[task[0]], FIRST + REFERENCE, end)
    kept = ["Leadline", *_defaults_and_best(every)]
    for part in (*STREAMS, "all together"):
        yield f"\n{part}, {orders} orders of rows"
        yield HEAD
        for who in kept:
            yield row(who, [found for task, found in every[who].items() if part in (task[0], "all together")])


def _defaults_and_best(every: Mapping[str, Mapping[object, Worth]]) -> list[str]:
    """Detectors at their defaults, then of each the parameter with the best MTR where that is another."""
    plain = [who for who in every if " " not in who and who != "Leadline"]
    best = [
        max(
            (who for who in every if who.split(" ")[0] == name),
            key=lambda who: mtr(list(every[who].values())),
        )
        for name in plain
    ]
    return [*plain, *(who for who in best if who not in plain)]


def _by_detector(run: Map, kswin: bool, signals: Mapping[str, np.ndarray]) -> dict[str, dict[str, list[int]]]:
    """River over some arrays at a time, in parallel."""
    keys = list(signals)
    parts = [{key: signals[key] for key in keys[i::4]} for i in range(min(4, len(keys)))]
    found: dict[str, dict[str, list[int]]] = {}
    for part in run(partial(river, kswin), parts):
        for name, by_key in part.items():
            found.setdefault(name, {}).update(by_key)
    return found


# ---- elec2


def elec(folder: Path) -> Columns:
    """Whole days of the stream after training, and their times."""
    listed = ", ".join((*ELEC, "timestamp"))
    source = f"from '{folder / 'elec2_stream.parquet'}' where partition <> 'train' order by timestamp"
    found = {
        key: np.asarray(values)
        for key, values in duckdb.sql(f"select {listed} {source}").fetchnumpy().items()
    }
    whole = len(found["label"]) // ELEC_DAY * ELEC_DAY
    return {key: values[:whole] for key, values in found.items()}


def weeks(columns: Columns, order: int) -> Columns:
    """Whole weeks from May 1997 on in another order."""
    first = int(np.searchsorted(columns["timestamp"], TRADE))
    count = (len(columns["label"]) - first) // (7 * ELEC_DAY)
    place = np.random.default_rng([order, 22]).permutation(count)
    rows = (first + place[:, None] * 7 * ELEC_DAY + np.arange(7 * ELEC_DAY)).ravel()
    return {key: columns[key][rows] for key in ELEC}


def elec_run(folder: Path, order: int) -> list[int]:
    """Rows at which Leadline alarms in shuffled weeks; alerts open and close by themselves."""
    columns = weeks(elec(folder), order)
    first = ELEC_REFERENCE * ELEC_DAY
    return [at for at, _ in opened(columns, ELEC_DAY, slice(0, first), slice(first, len(columns["label"])))]


def elec_table(run: Map, folder: Path, orders: int, kswin: bool) -> Iterator[str]:
    """False alarms in shuffled weeks, and the day on which trade with Victoria began."""
    columns = elec(folder)
    shuffled = {order: weeks(columns, order) for order in range(1, orders + 1)}
    signals: dict[str, np.ndarray] = {}
    for order, table in shuffled.items():
        signals[f"error/{order}"] = error(table)[:, None]
        signals[f"inputs/{order}"] = np.stack([table[key] for key in ELEC[:6]], axis=1)
    until = int(np.searchsorted(columns["timestamp"], TRADE + np.timedelta64(28, "D")))
    signals["inputs/stored"] = np.stack([columns[key][:until] for key in ELEC[:6]], axis=1)
    signals["error/stored"] = error(columns)[:until, None]
    theirs = _by_detector(run, kswin, signals)
    first = ELEC_REFERENCE * ELEC_DAY
    days = sum(len(table["label"]) - first for table in shuffled.values()) / ELEC_DAY
    yield f"\nelec2: false alarms in 30 days of shuffled weeks ({days:,.0f} days in {orders} orders)"
    yield f"{'':34}{'alarms/30d':>10}"
    ours = list(run(partial(elec_run, folder), list(shuffled)))
    yield f"{'Leadline: all columns and error':34}{30 * sum(map(len, ours)) / days:10.2f}"
    plain = [name for name in theirs if " " not in name]
    for kind in ("error", "inputs"):
        for name in plain:
            if f"{kind}/1" in theirs[name]:
                count = sum(at >= first for order in shuffled for at in theirs[name][f"{kind}/{order}"])
                yield f"{f'{name}: {kind}':34}{30 * count / days:10.2f}"
    yield from _trade(columns, until, theirs, plain)


def _trade(
    columns: Columns, until: int, theirs: Mapping[str, Mapping[str, list[int]]], plain: Sequence[str]
) -> Iterator[str]:
    """How soon the dated change was found, and how many alarms came before it."""
    began = int(np.searchsorted(columns["timestamp"], TRADE))
    reference = 60 * ELEC_DAY
    table = {key: columns[key][:until] for key in ELEC}
    alerts = opened(table, ELEC_DAY, slice(0, reference), slice(reference, until))
    days = (began - reference) / ELEC_DAY
    yield f"\nelec2 as stored: alarms in {days:.0f} days before trade with Victoria, days until it is found"
    yield f"{'':34}{'before':>8}{'after':>8}"
    moved = {"vicprice", "vicdemand", "transfer"}
    before = sum(at <= began for at, _ in alerts)
    after = [at for at, names in alerts if at > began and names & moved]
    yield f"{'Leadline':34}{before:8d}{_days(after, began)}"
    for kind in ("error", "inputs"):
        for name in plain:
            at = np.array(theirs[name].get(f"{kind}/stored", ()), int) + 1
            if f"{kind}/stored" in theirs[name]:
                before = int(((at > reference) & (at <= began)).sum())
                yield f"{f'{name}: {kind}':34}{before:8d}{_days(at[at > began], began)}"


def _days(after: Sequence[int] | np.ndarray, began: int) -> str:
    return f"{(after[0] - began) / ELEC_DAY:8.1f}" if len(after) else f"{'missed':>8}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--small", action="store_true", help="one order of rows")
    parser.add_argument("--orders", type=int, default=5)
    parser.add_argument("--kswin", action="store_true", help="river's KSWIN, too: minutes for each stream")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--only", nargs="*", choices=("known", "elec2"), default=["known", "elec2"])
    parser.add_argument("--data", type=Path, default=os.environ.get("LEADLINE_TEST_DATA"))
    options = parser.parse_args()
    if options.data is None:
        parser.error("name the folder of streams_known_drift.parquet with --data or LEADLINE_TEST_DATA")
    orders, folder = 1 if options.small else options.orders, Path(options.data)
    print(f"Python {platform.python_version()}, NumPy {np.__version__}")
    tables = {"known": known_table, "elec2": elec_table}
    # Forked workers would inherit DuckDB's locks without the threads that hold them.
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        for name in options.only:
            for line in tables[name](pool.map, folder, orders, options.kswin):
                print(line, flush=True)


if __name__ == "__main__":
    main()
