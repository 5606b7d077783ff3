"""Counts that were made elsewhere are judged like the rows that they were made of, and count once."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leadline
from leadline.cli.main import run
from leadline.profiles.profile import Profile
from leadline.schedule import instant
from leadline.server.judging import given

PATH = "/api/v1/models/credit/profiles"


def part(rows: dict[str, Any], first: int, last: int) -> dict[str, Any]:
    return {name: values[first:last] for name, values in rows.items()}


def told(live: Any) -> dict[str, Any]:
    """What is said of a model, without the times at which it was said."""
    found = live.report()
    return {name: found[name] for name in ("verdict", "headline", "timeline", "columns", "performance")}


@pytest.fixture
def past(make_traffic: Any) -> dict[str, Any]:
    """Ten days, of which the last four are shifted."""
    rows: dict[str, Any] = make_traffic(10, 100, "2026-05-10", 5, shift=1.0, shifted_from=6)
    order = np.argsort(rows["at"], kind="stable")
    return {name: np.asarray(values)[order] for name, values in rows.items()}


def give(live: Any, profile: Profile) -> Any:
    return live.ask("POST", PATH, body=profile.to_bytes())


@pytest.mark.parametrize("pieces", [1, 7], ids=["at once", "in pieces"])
def test_profiles_are_judged_like_their_rows(
    serve: Any, tmp_path: Path, baseline_file: Path, past: dict[str, Any], pieces: int
) -> None:
    """Wherever the pieces are cut, within a bucket too."""
    with serve(tmp_path / "rows") as live:
        live.give(baseline_file)
        live.send(past)
        expected = told(live)
    cuts = np.linspace(0, len(past["id"]), pieces + 1).astype(int).tolist()
    with serve(tmp_path / "profiles") as live:
        live.give(baseline_file)
        for first, last in itertools.pairwise(cuts):
            found = give(live, leadline.profile(part(past, first, last), baseline_file))
            assert (found.status, found.document["rows"]) == (202, last - first)
        assert told(live) == expected
        assert expected["verdict"] == "alert"
        assert live.service.store.rows("credit")["predictions"] == 0
    with serve(tmp_path / "profiles") as live:  # after a new start, too
        assert told(live) == expected


def test_profiles_and_rows_add_up(
    serve: Any, tmp_path: Path, baseline_file: Path, past: dict[str, Any]
) -> None:
    """Rows before and after the profile, of the same buckets."""
    with serve(tmp_path / "rows") as live:
        live.give(baseline_file)
        live.send(past)
        expected = told(live)
    with serve(tmp_path / "both") as live:
        live.give(baseline_file)
        live.send(part(past, 0, 250))
        live.judge()
        assert give(live, leadline.profile(part(past, 250, 650), baseline_file)).status == 202
        live.judge()
        live.send(part(past, 650, 1_000))
        assert told(live) == expected


def test_the_same_profile_counts_once(live: Any, baseline_file: Path, past: dict[str, Any]) -> None:
    live.give(baseline_file)
    profile = leadline.profile(past, baseline_file)
    first = give(live, profile)
    live.judge()
    assert give(live, profile).document == first.document
    assert live.report()["current"]["rows"] == 1_000


def test_counts_outlive_the_roll_up_of_their_hours(
    live: Any, baseline_file: Path, past: dict[str, Any]
) -> None:
    """One that comes when its hours are a day by now is added to that day."""
    live.give(baseline_file)
    give(live, leadline.profile(part(past, 0, 500), baseline_file))
    live.judge()
    retention = {"rows_days": 1, "labels_days": 1, "buckets_days": 2, "profiles_days": 400}
    assert live.ask("PUT", "/api/v1/models/credit/retention", retention).status == 200
    live.clock.now = instant("2026-09-20")
    while not live.service.worker.let_go(anew=True, seconds=60):
        pass
    grid = live.service.store.grids("credit")[0]
    days = live.service.store.buckets("credit", grid)
    assert len(days) == 5
    found = give(live, leadline.profile(part(past, 480, 700), baseline_file))
    assert found.status == 202
    assert sum(one.rows for one in live.service.store.buckets("credit", grid)) == 500 + 220


def test_what_does_not_fit_is_told(
    live: Any, baseline_file: Path, past: dict[str, Any], make_traffic: Any
) -> None:
    profile = leadline.profile(past, baseline_file)
    found = give(live, profile)
    assert (found.status, found.document["what"]) == (404, "no such model"), (
        "it sent nothing, nor has it a baseline"
    )
    live.give(baseline_file)
    other = leadline.learn(past, window="1d", timestamp="at", score="p", label="y")
    cells, minimum = profile.sums["cells"], profile.minimum
    wrong = {
        "another baseline's grid": leadline.profile(past, other).to_bytes(),
        "not a profile; found 'a baseline'": baseline_file.read_bytes(),
        "accepted: the arrays": replace(profile, sums={**profile.sums, "cells": cells[..., :-1]}).to_bytes(),
        "not a profile of this": replace(profile, sums={**profile.sums, "cells": -cells}).to_bytes(),
        "profile of this baseline": replace(profile, sums={**profile.sums, "more": cells}).to_bytes(),
        "of this baseline": replace(profile, minimum=minimum[..., :-1]).to_bytes(),
        "without the times": profile.collapse().to_bytes(),
        "damaged": profile.to_bytes()[:-9] + b"123456789",
    }
    for message, content in wrong.items():
        found = live.ask("POST", PATH, body=content)
        assert found.status == 400, message
        assert message.split(";")[0] in found.document["message"], found.document["message"]
    assert live.service.store.models() == []


def test_a_small_file_of_large_arrays_is_refused(
    live: Any, baseline_file: Path, past: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    live.give(baseline_file)
    profile = leadline.profile(past, baseline_file)
    monkeypatch.setattr(given, "ARRAY_BYTES", 100_000)
    found = give(live, profile)
    assert found.status == 400
    assert "the arrays are too large" in found.document["message"]


def test_an_ingest_token_may_give_profiles_of_its_models_only(
    live: Any, baseline_file: Path, past: dict[str, Any]
) -> None:
    live.give(baseline_file)
    wanted = {"name": "job", "scope": "ingest", "models": ["other"]}
    token = live.ask("POST", "/api/v1/tokens", wanted).document["token"]
    body = leadline.profile(past, baseline_file).to_bytes()
    assert live.ask("POST", PATH, body=body, token=token).status == 403
    wanted["models"] = ["credit"]
    token = live.ask("POST", "/api/v1/tokens", wanted).document["token"]
    assert live.ask("POST", PATH, body=body, token=token).status == 202


def test_an_export_becomes_the_models_of_another_server(
    serve: Any, tmp_path: Path, baseline_file: Path, past: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """What is judged of its counts is what was judged of the rows; imported again it stays so."""
    file = tmp_path / "all.tar"
    with serve(tmp_path / "first") as live:
        live.give(baseline_file)
        live.send(past)
        live.send(part(past, 0, 10), model="without")
        today = {"rows": 2, "timestamp": [live.clock.now / 1e6] * 2}
        batch = {"format": 1, "model": "credit", "predictions": today}
        assert live.ask("POST", "/api/v1/ingest", batch).status == 202
        expected = told(live)
        assert run(["export", "--all", str(file), "--url", live.url, "--token", live.token]) == 0
    with serve(tmp_path / "second") as live:
        command = ["import", str(file), "--url", live.url, "--token", live.token]
        for _ in range(2):
            capsys.readouterr()
            assert run(command) == 0
            said = capsys.readouterr().out
            assert "credit: 1,000 rows counted in 10 buckets" in said
            assert "  2 of 1,002 predictions in the file were not counted when it was made" in said
            assert said.count("not counted") == 1
            assert "without: left out, it has no baseline" in said
            assert told(live) == expected
        assert live.report()["current"]["rows"] == 1_000
        assert run([*command, "--model", "other"]) == 2
        assert "no such model" in capsys.readouterr().err


def test_counts_are_not_given_to_another_baseline(
    live: Any, tmp_path: Path, baseline_file: Path, past: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    live.give(baseline_file)
    file = tmp_path / "all.tar"
    at = ["--url", live.url, "--token", live.token]
    assert run(["export", "--all", str(file), *at]) == 0
    live.give(leadline.learn(past, window="1d", timestamp="at").save(tmp_path / "other.leadline"))
    assert run(["import", str(file), *at]) == 2
    assert "compares the model to another baseline" in capsys.readouterr().err
    assert run(["import", str(baseline_file), *at]) == 2
    assert "not an archive of Leadline" in capsys.readouterr().err
