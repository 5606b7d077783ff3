"""Alerts in words."""

from __future__ import annotations

import pytest

from leadline.reports.alerts import _points


@pytest.mark.parametrize(
    ("share", "words"),
    [(1.0, "100"), (0.999, "100"), (0.26, "26"), (0.0996, "10"), (0.034, "3.4"), (0.0004, "0.04")],
)
def test_points_have_no_exponent(share: float, words: str) -> None:
    assert _points(share) == words
