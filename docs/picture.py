"""Draws docs/images/report.png: the page of the README's example, in Chromium (`python docs/picture.py`)."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

import leadline
from leadline.simulation import credit

PICTURE = Path(__file__).resolve().parent / "images" / "report.png"
WIDTH, HEIGHT = 1200, 1000


def main() -> None:
    """Write the picture."""
    deployment = credit(seed=7)
    report = leadline.check(
        deployment.reference,
        deployment.current,
        label="defaulted",
        score="p_default",
        timestamp="requested_at",
    )
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        page_file = report.save(Path(folder) / "report.html")
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(page_file.as_uri())
        page.locator("figure").first.wait_for()
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
