"""A demo's server in this process, with models that are served here and a clock that tests set."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from leadline.demo.faults import Fault
from leadline.demo.fleet import FLEET, Deployment
from leadline.demo.plan import Plan
from leadline.demo.prepared import baseline, releases
from leadline.demo.run import Running, running
from leadline.demo.served import Served
from leadline.demo.service import Recorder
from leadline.demo.story import tells
from leadline.demo.traffic import Traffic
from leadline.schedule import DAY, HOUR, instant
from leadline.stores.metadata.alerts import Alert
from leadline_client import Leadline

MONDAY = instant("2026-08-24")


@cache
def prepared(plan: Plan) -> tuple[Deployment, dict[str, Served], bytes]:
    """A deployment's models and its saved baseline."""
    deployment = next(found for found in FLEET if found.name == plan.model)
    models = releases(deployment, plan)
    return deployment, models, baseline(deployment, models, plan).to_bytes()


@dataclass
class Live:
    """One model of a demo, a day at a time.

    Attributes:
        demo: its server.
        plan: of the model.
        lines: that the demo has said.
    """

    demo: Running
    plan: Plan
    lines: list[str]
    client: Leadline
    traffic: Traffic
    recorder: Recorder

    def days(self, number: int, faults: Sequence[Fault] = ()) -> None:
        """Some days go by and are judged, after the labels of the last night have come."""
        end = self.traffic.now + number * DAY
        self.recorder.log(self.traffic.until(end, faults))
        self.recorder.tell(end + 3 * HOUR)
        assert self.client.flush(120)
        self.demo.demo.clock.stand(end + 3 * HOUR)
        self.demo.look()

    def alerts(self) -> list[Alert]:
        return self.demo.service.metadata.alerts.find(self.plan.model)

    def told(self, fault: Fault) -> list[Alert]:
        """The alerts, or the lines of the digest, that say what is expected of the fault."""
        return [alert for alert in self.alerts() if tells(self.demo.service, alert, fault)]

    def said(self) -> str:
        return "\n".join(self.lines)


@contextmanager
def serving(folder: Path, plan: Plan) -> Iterator[Live]:
    """A demo's server, and a model that is served from the plan's origin on."""
    deployment, models, saved = prepared(plan)
    lines: list[str] = []
    with running(folder, 0, 1.0, lines.append, threading.Event(), [plan]) as demo:
        demo.service.set_baseline(plan.model, saved)
        with Leadline(demo.url, spool=False, server_policies=False, interval_seconds=0.05) as client:
            traffic = Traffic(deployment, models, plan, plan.origin)
            yield Live(demo, plan, lines, client, traffic, Recorder(client, deployment))


@pytest.fixture
def serve(tmp_path: Path) -> Callable[[Plan], object]:
    """`with serve(plan) as live`."""
    return lambda plan: serving(tmp_path / "data", plan)


@pytest.fixture
def small() -> Callable[..., Plan]:
    """A plan with as little of everything as a test can do with."""

    def plan(model: str, **numbers: int | str) -> Plan:
        given: dict[str, int | str] = {
            "training_days": 10, "reference_days": 77, "history_days": 0, "budget": "1/70d",
        }  # fmt: skip
        return Plan(model, "", MONDAY, **(given | numbers))  # type: ignore[arg-type]

    return plan
