"""Pictures of every view of the server's page: `python ui/screenshots.py [FOLDER]`.

A fleet in the middle of its life (`tests/ui/fleet_sample.py`) is filled and served; it needs Chromium.
`--at URL` takes the pictures of a server that runs already.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[1]
SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
SCHEMES = ("light", "dark")

VIEWS: Mapping[str, str] = {
    "fleet": "/",
    "model": "/models/credit-default",
    "feature": "/models/credit-default/features/debt_ratio",
    "categories": "/models/card-fraud/features/merchant_country",
    "alerts": "/alerts",
    "alert": "/alerts/{alert}",
    "versions": "/models/loan-limit",
    "versions-feature": "/models/loan-limit/features/income",
    "compare": "/models/credit-default/compare",
    "explore": '/models/credit-default/explore?filters=[{"column":"state","values":["CA"]}]',
    "set-up": "/settings",
    "add-model": "/settings?add=file",
    "learn-from-rows": "/settings?learn=price-elasticity",
    "monitors": "/settings/monitors?model=credit-default",
    "budget": "/settings/budget",
    "channels": "/settings/channels",
    "maintenance": "/settings/maintenance",
    "people": "/settings/people",
    "data": "/settings/data?model=credit-default",
    "audit": "/settings/audit",
    "not-found": "/models/no-such-model",
}

# What people have set up on the server of the sample, by where it is asked for.
SET_UP: tuple[tuple[str, Mapping[str, Any]], ...] = (
    (
        "channels",
        {
            "name": "on call",
            "kind": "webhook",
            "settings": {"url": "https://hooks.example.com/leadline"},
            "routing": {"models": ["credit-*", "card-fraud"], "quiet": {"begins": "22:00", "ends": "07:00"}},
        },
    ),
    (
        "users",
        {"name": "ada", "password": "a sample of a password", "role": "editor", "models": ["credit-default"]},
    ),
    (
        "tokens",
        {"name": "serving", "scope": "ingest", "models": ["credit-default", "card-fraud"], "days": 365},
    ),
    ("maintenance", {"model": "churn-*", "ends": "2099-01-01T06:00:00Z", "why": "moving to the new cluster"}),
)


def sample() -> ModuleType:
    """`tests/ui/fleet_sample.py`."""
    path = ROOT / "tests/ui/fleet_sample.py"
    spec = importlib.util.spec_from_file_location("leadline_fleet_sample", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def living_alert(url: str) -> int:
    """Number of an alert that somebody must look at; 1: there is none."""
    with urllib.request.urlopen(f"{url}/api/v1/alerts?state=living&limit=1", timeout=60) as answer:
        found = json.loads(answer.read())["items"]
    return int(found[0]["id"]) if found else 1


def set_up(url: str) -> None:
    """What people would have set up by now."""
    for where, body in SET_UP:
        request = urllib.request.Request(
            f"{url}/api/v1/{where}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        urllib.request.urlopen(request, timeout=60).close()


def shoot(browser: Any, url: str, given: argparse.Namespace, views: Mapping[str, str]) -> None:
    """One picture for each view, size and scheme; what a page complains of is printed."""
    alert = str(living_alert(url))
    for size in given.size or SIZES:
        for scheme in given.scheme or SCHEMES:
            width, height = SIZES[size]
            height = given.height or height
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, timezone_id="Europe/Berlin"
            )
            page = context.new_page()
            page.on("console", lambda message: print("console:", message.text, file=sys.stderr))
            page.on("pageerror", lambda error: print("error:", error, file=sys.stderr))
            for name, path in views.items():
                page.goto(url + path.replace("{alert}", alert))
                page.wait_for_selector("main h1, main .state h2")
                page.locator(".state.loading").first.wait_for(state="detached")
                page.evaluate("document.fonts.ready")
                file = given.folder / f"{name}-{size}-{scheme}.png"
                page.screenshot(path=file, full_page=given.whole)
            context.close()


def main() -> None:
    """Fill a fleet, serve it, and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build/screenshots")
    parser.add_argument("--at", default="", help="address of a server that runs already")
    parser.add_argument("--view", action="append", default=[], help="only this view, or NAME=PATH")
    parser.add_argument("--size", choices=[*SIZES], action="append")
    parser.add_argument("--scheme", choices=SCHEMES, action="append")
    parser.add_argument("--height", type=int, default=0, help="of the window, in pixels")
    parser.add_argument("--whole", action="store_true", help="the page to its end")
    given = parser.parse_args()
    views = dict(one.split("=", 1) if "=" in one else (one, VIEWS[one]) for one in given.view) or VIEWS
    from playwright.sync_api import sync_playwright

    given.folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        url = given.at
        if not url:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            url = stack.enter_context(sample().serving(Path(folder) / "data")).url
            set_up(url)
        driver = stack.enter_context(sync_playwright())
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        shoot(browser, url, given, views)
        browser.close()


if __name__ == "__main__":
    main()
