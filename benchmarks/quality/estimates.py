"""How far estimates without labels are from what the labels say later, beside NannyML and LightGBM (PAPE).

    python benchmarks/quality/estimates.py DATA_FOLDER [--only NAME ...]

Prints, for each set and kind of change: the mean absolute error of each method; the error of `estimate` in
units of its standard error; how often its interval holds the realised value; how often it says that it
extrapolates; and the paired difference of its error to the better of CBPE and PAPE with a 95 % interval. Then
the coverage of intervals on simulated traffic. The peers run in their own environment
(`benchmarks/speed/peers.py nannyml`); without it their columns are empty.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

KEYS = ("accuracy", "roc_auc", "f1")
LOSSES = ("mae", "rmse")
NOT_FEATURES = {
    "id", "timestamp", "partition", "label", "score", "prediction", "scenario", "chunk", "segment", "drifted",
}  # fmt: skip
SIZES = {"car_loan": 5000, "hotel_booking": 3000, "magic_scenarios": 1000}
SCENARIOS = (
    "none", "covariate", "label", "segment", "missing", "unit", "frozen", "swapped", "concept",
)  # fmt: skip
TILTS = (-3, -2, -1, 1, 2, 3)
QUIET = {"NML_DISABLE_USAGE_LOGGING": "1", "OMP_NUM_THREADS": "1"}
Arrays = dict[str, np.ndarray]


def load(folder: Path, name: str) -> tuple[Arrays, dict[str, Arrays]]:
    """The reference and the windows of a set: features, which are categories, score, prediction, label."""
    import pandas as pd

    frame = pd.read_parquet(folder / f"{name}.parquet")
    frame = frame[frame["prediction"].notna()].reset_index(drop=True)
    names = [column for column in frame if column not in NOT_FEATURES]
    numeric = [pd.api.types.is_numeric_dtype(frame[c]) and frame[c].dtype != bool for c in names]
    columns = [
        frame[c].to_numpy(float) if number else pd.factorize(frame[c])[0].astype(float)
        for c, number in zip(names, numeric, strict=True)
    ]
    score = "score" if "score" in frame else "prediction"
    everything = {
        "features": np.stack(columns, 1),
        "score": frame[score].to_numpy(float),
        "prediction": frame["prediction"].to_numpy(float),
        "label": frame["label"].to_numpy(float),
    }
    categorical = ~np.array(numeric)

    def rows(at: np.ndarray) -> Arrays:
        return {key: x[at] for key, x in everything.items()} | {"categorical": categorical}

    reference = np.flatnonzero(frame["partition"] == "reference")
    current = np.flatnonzero(frame["partition"] == "analysis")
    windows: dict[str, np.ndarray] = {}
    if "scenario" in frame:
        for scenario in SCENARIOS:
            for chunk in range(1, 11):
                here = (frame["scenario"] == scenario) & (frame["chunk"] == chunk)
                part = "" if chunk > 5 or scenario == "none" else ", before"
                windows[f"{scenario}{part}/{chunk}"] = np.flatnonzero(here)
        base = np.flatnonzero(frame["scenario"] == "none")
    else:
        size = SIZES.get(name, 5000)
        blocks = np.array_split(current, max(5, len(current) // size))
        for k, block in enumerate(blocks):
            # The first half of the made sets is like the reference.
            part = ", before" if name.startswith("car") and k < len(blocks) // 2 else ""
            windows[f"natural{part}/{k}"] = block
        base = current[: len(current) // 2] if name.startswith("car") else current
    if name in SIZES:
        windows |= resampled(everything["features"][base], categorical, base, min(SIZES[name], 3000))
    return rows(reference), {key: rows(at) for key, at in windows.items()}


def resampled(features: np.ndarray, categorical: np.ndarray, base: np.ndarray, size: int) -> dict[str, Any]:
    """Windows whose rows are drawn by the rank of one numeric feature: pure covariate shift."""
    rng, out = np.random.default_rng(7), {}
    many = [j for j in range(features.shape[1]) if len(np.unique(features[:, j])) > 15 and not categorical[j]]
    for j in many[:3]:
        rank = features[:, j].argsort().argsort() / len(base)
        for k, tilt in enumerate(TILTS):
            weights = np.exp(tilt * rank)
            drawn = rng.choice(base, size, replace=False, p=weights / weights.sum())
            out[f"resampled/{j}.{k}"] = drawn
    return out


# What runs in the environment of the peers: no import of the library.


def peer(folder: Path) -> None:
    """Estimates of the peers for each file of a folder: reference.npz and the windows."""
    import warnings

    warnings.simplefilter("ignore")
    reference = dict(np.load(folder / "reference.npz"))
    files = sorted(p for p in folder.glob("window_*.npz"))
    windows = {p.stem: dict(np.load(p)) for p in files}
    regression = len(np.unique(reference["label"])) > 2
    found = peer_regression(reference, windows) if regression else peer_binary(reference, windows)
    np.savez(folder / "peer.npz", **found)


def frame_of(rows: Arrays) -> Any:
    import pandas as pd

    out = pd.DataFrame({f"f{j}": x for j, x in enumerate(rows["features"].T)})
    for j in np.flatnonzero(rows["categorical"]):
        out[f"f{j}"] = out[f"f{j}"].astype("category")
    return out.assign(s=rows["score"], p=rows["prediction"], y=rows["label"])


def peer_binary(reference: Arrays, windows: dict[str, Arrays]) -> Arrays:
    import nannyml

    estimator = nannyml.CBPE(
        problem_type="classification_binary", y_pred_proba="s", y_pred="p", y_true="y",
        metrics=list(KEYS), chunk_number=1,
    ).fit(frame_of(reference).astype({"p": int, "y": int}))  # fmt: skip
    out = {}
    for name, rows in windows.items():
        done = estimator.estimate(frame_of(rows).drop(columns="y").astype({"p": int}))
        table = done.filter(period="analysis").to_df()
        out[f"nannyml {name}"] = np.array([table[(key, "value")].iloc[0] for key in KEYS], float)
        out[f"pape {name}"] = pape(reference, rows)
    return out


def pape(reference: Arrays, rows: Arrays) -> np.ndarray:
    """LightGBM's domain classifier, then a weighted LightGBM regression of the label on the score."""
    import lightgbm

    features = np.concatenate([reference["features"], rows["features"]])
    target = np.repeat([0, 1], [len(reference["label"]), len(rows["label"])])
    model = lightgbm.LGBMClassifier(verbose=-1, n_jobs=1).fit(
        features, target, categorical_feature=list(map(int, np.flatnonzero(reference["categorical"])))
    )
    h = model.predict_proba(reference["features"])[:, 1]
    weights = np.maximum(len(reference["label"]) / len(rows["label"]) * h / np.maximum(1 - h, 0.05), 0.001)
    calibration = lightgbm.LGBMRegressor(verbose=-1, n_jobs=1).fit(
        reference["score"][:, None], reference["label"], sample_weight=weights
    )
    chance = np.clip(calibration.predict(rows["score"][:, None]), 0, 1)
    return performance(chance, rows["prediction"], rows["score"])


def peer_regression(reference: Arrays, windows: dict[str, Arrays]) -> Arrays:
    import nannyml

    known = frame_of(reference)
    names = [column for column in known if column.startswith("f")]
    estimator = nannyml.DLE(
        feature_column_names=names, y_pred="p", y_true="y", metrics=list(LOSSES), chunk_number=1
    ).fit(known)
    out = {}
    for name, rows in windows.items():
        table = estimator.estimate(frame_of(rows).drop(columns="y")).filter(period="analysis").to_df()
        out[f"nannyml {name}"] = np.array([table[(key, "value")].iloc[0] for key in LOSSES], float)
    return out


def performance(outcome: np.ndarray, decision: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Accuracy, ROC AUC and F1 of outcomes 0..1, each a label or the chance of one."""
    hits, false = (outcome * decision).sum(), ((1 - outcome) * decision).sum()
    missed, right = (outcome * (1 - decision)).sum(), ((1 - outcome) * (1 - decision)).sum()
    _, at = np.unique(score, return_inverse=True)
    p, n = np.bincount(at, outcome), np.bincount(at, 1 - outcome)
    auc = (p * (np.cumsum(n) - n / 2)).sum() / (p.sum() * n.sum())
    return np.array([(hits + right) / len(outcome), auc, 2 * hits / (2 * hits + false + missed)])


# The library.


def sample(rows: Arrays, regression: bool) -> Any:
    from leadline.estimators import Sample

    if regression:
        return Sample(rows["features"], rows["categorical"], rows["prediction"], None, rows["label"])
    codes = (rows["prediction"].astype(np.int16), rows["label"].astype(np.int16))
    return Sample(rows["features"], rows["categorical"], rows["score"], *codes)


class Ours:
    """Each estimate of the library for a window: by method, `(value, low, high, standard error, caution)`."""

    def __init__(self, reference: Arrays) -> None:
        from leadline import estimators
        from leadline.profiles import outcomes

        self.e = estimators
        self.known = sample(reference, False)
        self.grid = outcomes.learn_binary(
            ("0", "1"), self.known.scores, None, self.known.labels, self.known.decisions
        )
        self.calibrator = estimators.calibrate(self.table(self.known))

    def table(self, rows: Any) -> Any:
        return self.e.of_rows(self.grid, rows.scores, rows.decisions, rows.labels)

    def __call__(self, rows: Arrays) -> dict[str, Any]:
        e, window = self.e, sample(rows, False)
        table = self.table(window).without_labels()
        domain = e.tell_apart(self.known, window)
        return {
            "estimate": e.estimate(self.calibrator, table, e.Rows(self.grid, self.known, window), KEYS),
            "cbpe": e.cbpe(self.calibrator, table, KEYS),
            "weighted": e.weighted(self.grid, domain, table, KEYS),
            "importance": e.importance(self.grid, domain, table, KEYS),
            "mlls": e.mlls(self.calibrator, table, KEYS),
            "bbse": e.bbse(self.calibrator, table, KEYS),
            "atc": {"accuracy": e.atc(self.calibrator, table)},
        }


def judge(folder: Path, name: str) -> None:
    reference, windows = load(folder, name)
    regression = len(np.unique(reference["label"])) > 2
    keys = LOSSES if regression else KEYS
    peers = ask_peers(reference, windows)
    if regression:
        from leadline import estimators

        model = estimators.learn_loss(sample(reference, True))
        made = {
            k: {"estimate": estimators.direct_loss(model, sample(rows, True))} for k, rows in windows.items()
        }
    else:
        ours = Ours(reference)
        made = {k: ours(rows) for k, rows in windows.items()}
    for group in dict.fromkeys(k.split("/")[0] for k in windows):
        members = [k for k in windows if k.split("/")[0] == group]
        cautions = sum(made[k]["estimate"][keys[0]].caution is not None for k in members)
        print(f"\n{name}, {group}: {len(members)} windows, {cautions} extrapolating")
        for i, key in enumerate(keys):
            truth = np.array([realised(windows[k], regression)[i] for k in members])
            report(key, truth, members, made, {p: v for p, v in peers.items() if p}, i)


def realised(rows: Arrays, regression: bool) -> np.ndarray:
    if not regression:
        return performance(rows["label"], rows["prediction"], rows["score"])
    error = np.abs(rows["prediction"] - rows["label"])
    return np.array([error.mean(), np.sqrt((error**2).mean())])


def report(key: str, truth: np.ndarray, members: list[str], made: Any, peers: Any, place: int) -> None:
    errors = {
        method: np.abs(np.array([float(made[k][method][key].value) for k in members]) - truth)
        for method in made[members[0]]
        if key in made[members[0]][method]
    }
    for method in ("nannyml", "pape"):
        if peers and f"{method} {members[0]}" in peers:
            errors[method] = np.abs(np.array([peers[f"{method} {k}"][place] for k in members]) - truth)
    shown = [made[k]["estimate"][key] for k in members]
    units = np.mean(errors["estimate"] / [float(e.standard_error) for e in shown])
    held = np.mean([float(e.low) <= t <= float(e.high) for e, t in zip(shown, truth, strict=True)])
    table = "  ".join(f"{method} {error.mean():.4g}" for method, error in errors.items())
    print(f"  {key:9s} {table}")
    line = f"            error / SE {units:.2f}, interval holds {held:.2f}"
    rivals = [m for m in ("cbpe", "pape", "nannyml") if m in errors]
    if rivals:
        best = min(rivals, key=lambda m: errors[m].mean())
        gap = errors["estimate"] - 1.05 * errors[best]
        half = 1.96 * gap.std(ddof=1) / np.sqrt(len(gap))
        verdict = "worse" if gap.mean() - half > 0 else "within 5 %"
        line += f"; against 1.05 x {best}: {gap.mean():+.4f} +- {half:.4f}: {verdict}"
    print(line, flush=True)


def ask_peers(reference: Arrays, windows: dict[str, Arrays]) -> Arrays:
    """The peers' estimates by "method window"; empty without their environment."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "speed"))
    import peers

    if not peers.ready("nannyml"):
        return {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(folder / "reference.npz", **reference)
        stems = {}
        for k, (key, rows) in enumerate(windows.items()):
            np.savez(folder / f"window_{k:04d}.npz", **rows)
            stems[f"window_{k:04d}"] = key
        command = [str(peers.python("nannyml")), __file__, str(folder), "--peer"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | QUIET)
        found = dict(np.load(folder / "peer.npz"))
    return {f"{k.split()[0]} {stems[k.split()[1]]}": x for k, x in found.items()}


# Simulated traffic: assumptions hold, and the truth is known.


def simulate(references: int, windows: int) -> None:
    """Coverage of 95 % intervals and error in units of the standard error, over fresh references."""
    from leadline import estimators as e
    from leadline.profiles import outcomes

    def draw(rng: np.random.Generator, n: int, tilt: float, rate: float) -> tuple[np.ndarray, np.ndarray]:
        z = rng.normal(tilt + rate, 1.5, n)
        score = 1 / (1 + np.exp(-z * 0.7))
        return score, (rng.random(n) < 1 / (1 + np.exp(-z + 0.2))).astype(np.int16)

    keys = [key for key in e.ESTIMABLE if key != "business_value"]
    for m, n, tilt, rate in (
        (2000, 500, 0, 0), (20000, 500, 0, 0), (20000, 5000, 0, 0), (20000, 2000, 0.7, 0),
        (5000, 2000, -0.7, 0), (20000, 2000, 0, -3), (50000, 50000, 0.3, 0),
    ):  # fmt: skip
        rng = np.random.default_rng(m + n)
        held: dict[str, list[float]] = {key: [] for key in keys}
        error: dict[str, list[float]] = {key: [] for key in keys}
        for _ in range(references):
            s, y = draw(rng, m, 0, rate)
            grid = outcomes.learn_binary(("0", "1"), s, None, y)
            calibrator = e.calibrate(e.of_rows(grid, s, None, y))
            tables = [
                e.of_rows(grid, s, None, y) for s, y in (draw(rng, n, tilt, rate) for _ in range(windows))
            ]
            rows = np.stack([table.rows for table in tables])
            table = replace(tables[0], rows=rows, squares=rows)
            truth = e.realised(table, keys)
            found = e.cbpe(calibrator, table.without_labels(), keys)
            for key in keys:
                x, t = found[key], truth[key]
                held[key] += list((x.low <= t) & (t <= x.high))
                error[key] += list(np.abs(x.value - t) / x.standard_error)
        print(f"\nsimulated: reference {m}, window {n}, shift {tilt}, level {rate}")
        for key in keys:
            covered, units = np.mean(held[key]), np.mean(error[key])
            print(f"  {key:20s} interval holds {covered:.3f}  error / SE {units:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the Parquet files of the sets are")
    names = (*SIZES, "car_price_regression", "simulated")
    parser.add_argument("--only", nargs="+", default=names, choices=names, metavar="NAME")
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        peer(options.folder)
        return
    for name in options.only:
        if name == "simulated":
            simulate(references=40, windows=10)
        else:
            judge(options.folder, name)


if __name__ == "__main__":
    main()
