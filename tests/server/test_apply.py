"""`leadline apply`, `diff`: a server is as its files say, errors name file, line and key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leadline.cli.main import run
from leadline.cli.manifest import read
from leadline.cli.plan import Step
from leadline.errors import ConfigurationError

MANIFEST = """\
models:
  credit:
    baseline: credit.leadline
    options:
      budget: 1/14d
      monitors:
      - metric: rows
        below: 10
    runbook: https://wiki/credit
    retention: {rows_days: 30}
    policy:
      fields:
        ssn: {action: drop}
        zip: {action: truncate, characters: 2}
channels:
  oncall:
    kind: webhook
    settings:
      url: https://hooks.example/leadline
    secret: env:HOOK
    routing:
      models: [credit*]
"""


@pytest.fixture
def command(
    live: Any, tmp_path: Path, baseline_file: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., int]:
    """Runs a command on a file beside a baseline."""
    monkeypatch.setenv("HOOK", "of the environment")
    (tmp_path / "credit.leadline").write_bytes(baseline_file.read_bytes())

    def called(name: str, text: str = MANIFEST, *more: str) -> int:
        file = tmp_path / "leadline-server.yaml"
        file.write_text(text)
        return run([name, str(file), *more, "--url", live.url, "--token", live.token])

    return called


def test_a_file_is_applied_once_and_then_changes_nothing(
    live: Any, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("diff") == 1
    assert command("apply", MANIFEST, "--dry-run") == 0
    assert "would change models.credit.options" in capsys.readouterr().out
    assert live.ask("GET", "/api/v1/channels").document["items"] == []
    assert command("apply") == 0
    said = capsys.readouterr().out
    assert "changed models.credit.baseline" in said
    assert "  budget: nothing -> 1/14d" in said
    assert "changed channels.oncall" in said
    assert command("apply") == 0
    assert capsys.readouterr().out == "nothing to change\n"
    assert command("diff") == 0
    assert live.ask("GET", "/api/v1/models/credit/options").document["options"]["budget"] == "1/14d"
    assert live.ask("GET", "/api/v1/models/credit/runbook").document["text"] == "https://wiki/credit"
    (channel,) = live.ask("GET", "/api/v1/channels").document["items"]
    assert (channel["name"], channel["secret"]) == ("oncall", "env:HOOK")


@pytest.mark.parametrize("is_known", [False, True])
def test_a_dry_run_says_what_would_be_refused(
    live: Any,
    command: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    is_known: bool,
) -> None:
    """Of a new channel, or one that is changed. What is set up stays, and the audit log tells of nothing."""
    text = MANIFEST
    if is_known:
        assert command("apply") == 0
        text = MANIFEST.replace("leadline\n    secret", "other\n    secret")
    before = [live.ask("GET", path).document for path in ("/api/v1/channels", "/api/v1/audit")]
    monkeypatch.delenv("HOOK")
    capsys.readouterr()
    assert command("apply", text, "--dry-run") == 2
    said = capsys.readouterr().err
    line = 1 + text[: text.index("    secret: env:HOOK")].count("\n")
    assert f"line {line}, channels.oncall.secret: no such variable in the server's environment" in said
    assert command("diff", text) == 1
    monkeypatch.setenv("HOOK", "of the environment")
    assert command("apply", text, "--dry-run") == 0
    assert [live.ask("GET", path).document for path in ("/api/v1/channels", "/api/v1/audit")] == before


def test_a_dry_run_needs_no_secret_that_would_be_made(live: Any, command: Callable[..., int]) -> None:
    text = MANIFEST.replace("    secret: env:HOOK\n", "")
    assert command("apply", text, "--dry-run") == 0
    assert live.ask("GET", "/api/v1/channels").document["items"] == []
    assert command("apply", text) == 0
    assert command("apply", text, "--dry-run") == 0


def test_models_need_no_token_that_may_look_at_channels(
    live: Any, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    token = live.ask("POST", "/api/v1/tokens", {"name": "of models", "scope": "write"}).document["token"]
    models = MANIFEST.partition("channels:")[0]
    assert command("apply", models) == 0
    options = live.ask("GET", "/api/v1/models/credit/options").document["options"]
    live.token = token
    assert command("apply", models.replace("below: 10", "below: 20")) == 0
    assert live.ask("GET", "/api/v1/models/credit/options").document["options"] != options
    capsys.readouterr()
    assert command("diff", MANIFEST) == 2
    assert "found 'write'; accepted: admin" in capsys.readouterr().err


def test_what_is_not_named_stays(
    live: Any, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("apply") == 0
    capsys.readouterr()
    assert command("apply", MANIFEST.replace("1/14d", "1/7d").replace("[credit*]", "[c*]")) == 0
    said = capsys.readouterr().out
    assert said == (
        'changed channels.oncall\n  routing.models: ["credit*"] -> ["c*"]\n'
        "changed models.credit.options\n  budget: 1/14d -> 1/7d\n"
    )
    assert command("apply", "models: {credit: {runbook: other}}") == 0
    assert live.ask("GET", "/api/v1/models/credit/options").document["options"]["budget"] == "1/7d"
    assert len(live.ask("GET", "/api/v1/channels").document["items"]) == 1


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("budget: 1/14d", "budgets: 1/14d", "line 5, models.credit.options.budgets: unknown keyword"),
        ("budget: 1/14d", "budget: often", "line 5, models.credit.options.budget"),
        ("below: 10", "under: 10", "line 7, models.credit.options.monitors.0"),
        ("runbook:", "runboks:", "line 9, models.credit.runboks: object contains unknown field"),
        ("rows_days: 30", "rows_days: 3000", "line 10, models.credit.retention: not a retention"),
        ("secret: env:HOOK", "secret: hunter2", "line 20, channels.oncall.secret: a secret in clear"),
        ("kind: webhook", "kind: pigeon", "line 17, channels.oncall.kind: no such kind"),
        ("metric: rows", "metric: rwos", "line 7, models.credit.options.monitors.0.metric: unknown metric"),
        ("rows_days: 30", "rows_days: many", "line 10, models.credit.retention.rows_days: expected `int"),
        ("models: [credit*]", "models: [a, 5]", "line 22, channels.oncall.routing.models.1: expected `str`"),
        ("models: [credit*]", "models: 5", "line 22, channels.oncall.routing.models: expected `array`"),
        ("baseline: credit.leadline", "baseline: none.leadline", "line 3, models.credit.baseline"),
        ("budget: 1/14d", "score: another", "line 5, models.credit.options.score"),
        (
            "action: drop",
            "action: shred",
            "line 13, models.credit.policy.fields.ssn.action: invalid value 'shred'",
        ),
        (
            "characters: 2",
            "characters: -2",
            "line 14, models.credit.policy.fields.zip.characters: expected `int",
        ),
        ("characters: 2", "letters: 2", "line 14, models.credit.policy.fields.zip.letters: object contains"),
        ("ssn:", "id:", "line 11, models.credit.policy: id can only be hashed"),
        ("    runbook:", "    options: {}\n    runbook:", "line 9: not valid YAML"),
    ],
)
def test_an_error_names_file_line_and_key(
    command: Callable[..., int], capsys: pytest.CaptureFixture[str], before: str, after: str, message: str
) -> None:
    assert before in MANIFEST
    assert command("apply", MANIFEST.replace(before, after, 1)) == 2
    said = capsys.readouterr().err
    assert f"leadline-server.yaml, {message}" in said
    assert "hunter2" not in said


def test_a_host_that_is_refused_is_not_taken_for_a_key(tmp_path: Path) -> None:
    class Refusing:
        def ask(self, *_: Any, **__: Any) -> None:
            raise ConfigurationError("the address is private", where="10.0.0.1", found="10.0.0.1")

    file = tmp_path / "leadline-server.yaml"
    file.write_text(MANIFEST)
    place = ("channels", "oncall")
    step = Step(read(file), place, "channels.oncall", None, {}, "POST", "/api/v1/channels")
    with pytest.raises(ConfigurationError, match=r"line 16, channels\.oncall: the address is private"):
        step.do(Refusing())  # type: ignore[arg-type]


def test_a_baseline_that_is_not_there_is_told_with_where_it_was_looked_for(
    command: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert command("apply", "models: {credit: {baseline: none.leadline}}") == 2
    assert f"{tmp_path / 'none.leadline'}: No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a0: &a0 [x]\n" + "\n".join(f"a{i + 1}: &a{i + 1} [{f'*a{i}, ' * 9}]" for i in range(9)), "aliases"),
        ("models: &a {credit: *a}", "aliases"),
        ("models: " + "[" * 5_000, "without end"),
    ],
    ids=["aliases of aliases", "an alias of itself", "nested"],
)
def test_a_file_that_stands_for_more_than_memory_holds_is_refused(
    command: Callable[..., int], capsys: pytest.CaptureFixture[str], text: str, found: str
) -> None:
    assert command("apply", text) == 2
    said = capsys.readouterr().err
    assert "leadline-server.yaml: too much for one file" in said
    assert found in said


@pytest.mark.parametrize(
    ("before", "after", "accepted"),
    [
        ("runbook:", "runboks:", "baseline, options, runbook, retention, policy, weight"),
        ("kind: webhook", "url: hook", "kind, settings, secret, routing"),
        ("channels:", "chanels:", "fleet, models, channels"),
    ],
)
def test_an_unknown_key_is_told_with_those_that_may_stand_there(
    command: Callable[..., int], capsys: pytest.CaptureFixture[str], before: str, after: str, accepted: str
) -> None:
    assert command("diff", MANIFEST.replace(before, after, 1)) == 2
    assert f"; accepted: {accepted}. See `leadline export`" in capsys.readouterr().err


FLEET = """\
fleet: {budget: 4/30d}
models:
  credit:
    baseline: credit.leadline
    weight: 3
  fraud:
    baseline: credit.leadline
"""


def test_a_budget_of_the_fleet_is_divided_by_the_weights_of_its_models(
    live: Any, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("apply", FLEET) == 0
    assert "changed fleet\n  budget: nothing -> 4/30d\n  weights.credit: nothing -> 3.0\n" in (
        capsys.readouterr().out
    )
    found = live.ask("GET", "/api/v1/fleet/budget").document
    assert [(one["model"], one["alerts"], one["days"]) for one in found["shares"]] == [
        ("credit", 3.0, 30.0),
        ("fraud", 1.0, 30.0),
    ]
    assert command("apply", FLEET) == 0
    assert capsys.readouterr().out == "nothing to change\n"
    assert run(["export", "--url", live.url, "--token", live.token]) == 0
    exported = capsys.readouterr().out
    assert exported.startswith("fleet:\n  budget: 4/30d\n")
    assert "weight: 3.0" in exported
    assert command("apply", "models: {fraud: {weight: 2}}") == 0
    found = live.ask("GET", "/api/v1/fleet/budget").document
    assert (found["budget"], found["weights"]) == ("4/30d", {"credit": 3.0, "fraud": 2.0})
    assert command("apply", "fleet: {budget: null}\nmodels: {credit: {weight: 1}, fraud: {weight: 1}}") == 0
    found = live.ask("GET", "/api/v1/fleet/budget").document
    assert (found["budget"], found["weights"], found["shares"]) == (None, {}, [])


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("budget: 4/30d", "budget: often", "line 1, fleet.budget: not an alert budget"),
        ("weight: 3", "weight: 0", "line 5, models.credit.weight: value out of range"),
        (
            "    weight: 3\n  fraud:",
            "    weight: 3\n  fraud:\n    weight: much",
            "line 7, models.fraud.weight: exp",
        ),
        ("{budget: 4/30d}", "{budgets: 4/30d}", "line 1, fleet.budgets: object contains unknown field"),
    ],
)
def test_a_wrong_fleet_is_told_with_its_line(
    command: Callable[..., int], capsys: pytest.CaptureFixture[str], before: str, after: str, message: str
) -> None:
    assert before in FLEET
    assert command("apply", FLEET.replace(before, after, 1)) == 2
    assert f"leadline-server.yaml, {message}" in capsys.readouterr().err


def test_what_is_exported_is_what_is_there(
    live: Any, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("apply") == 0
    capsys.readouterr()
    assert run(["export", "--url", live.url, "--token", live.token]) == 0
    text = capsys.readouterr().out
    assert "budget: 1/14d" in text
    assert "env:HOOK" in text
    assert command("apply", text) == 0
    assert capsys.readouterr().out == "nothing to change\n"
