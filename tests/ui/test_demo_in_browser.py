"""A visitor of the demo: a button, the alert, its cause and the recovery, on a page that stays open."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from leadline.demo.faults import of_model
from leadline.demo.plan import Plan

pytestmark = pytest.mark.long

MODEL, FAULT = "demand", "Kilometres become miles"
RECOVERY = 4
"""Looks, six days apart, at whether the fault is over."""


@pytest.fixture
def steps() -> ModuleType:
    """`tests/demo/conftest.py`: a demo a day at a time."""
    path = Path(__file__).parents[1] / "demo/conftest.py"
    spec = importlib.util.spec_from_file_location("leadline_demo_steps", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_fault_from_its_button_to_the_recovery(
    steps: Any, walk: Callable[..., Any], barriers: Callable[[Any], list[str]], tmp_path: Path
) -> None:
    plan = Plan(MODEL, "", steps.MONDAY, training_days=5, reference_days=28, history_days=0, budget="1/25d")
    with steps.serving(tmp_path / "data", plan) as live:

        def days(number: int) -> None:
            """Some days go by, with the faults that the server says are active."""
            live.days(number, of_model(live.demo.demo.state().active, MODEL))

        days(1)
        page = walk(live.demo.url, expected="404")
        button = page.get_by_role("button", name=FAULT)
        button.click()
        page.get_by_text("An alert should follow").wait_for()
        assert button.get_attribute("aria-pressed") == "true"
        assert barriers(page) == []
        days(2)
        page.get_by_role("heading", name="1 model alerts").wait_for()
        page.get_by_role("link", name=MODEL).first.click()
        page.locator(".alert-lines a").first.click()
        cause = page.locator("#causes li").first
        cause.wait_for()
        assert "Change of unit" in cause.inner_text()
        assert "distance_km" in cause.inner_text()
        page.get_by_role("link", name="Fleet").first.click()
        button.click()
        page.get_by_text("An alert should follow").wait_for(state="detached")
        assert live.demo.demo.since() == {}
        for _ in range(RECOVERY):
            days(6)
            if all(alert.state == "resolved" for alert in live.alerts() if alert.tier == "alert"):
                break
        page.get_by_role("heading", name="1 model alerts").wait_for(state="detached")
        page.get_by_role("link", name="Alerts", exact=True).click()
        page.get_by_text("No alert is open.").wait_for()
        page.close()  # before its server is gone
