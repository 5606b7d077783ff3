"""Words and the small picture."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leadline.server.alerting.deliver.render import html, picture, text
from leadline.server.alerting.findings import Trend
from leadline.server.alerting.notice import SUBJECT_LETTERS

limits = st.none() | st.floats(-1e6, 1e6)
values = st.none() | st.floats(-1e12, 1e12)


@given(st.lists(values, min_size=1, max_size=80), limits, st.integers(0, 80), st.text())
def test_a_picture_is_sound_and_within_its_frame(
    found: list[float | None], limit: float | None, first: int, title: str
) -> None:
    title = "".join(letter for letter in title if letter.isprintable())
    drawn = picture(Trend(title, "", ["2026-04-01T00:00:00+00:00"] * len(found), found, limit, first))
    known = [value for value in found if value is not None]
    assert (drawn is None) == (len(known) < 2)
    if drawn is None:
        return
    root = ElementTree.fromstring(drawn)
    dots = [node for node in root.iter() if node.tag.endswith("circle")]
    assert len(dots) == len(known)
    heights = [float(dot.attrib["cy"]) for dot in dots]
    assert all(0 <= float(dot.attrib["cx"]) <= 560 for dot in dots)
    assert all(14 <= y <= 120 for y in heights)
    # The larger the value, the higher it stands.
    assert heights[known.index(max(known))] == min(heights)


def test_a_subject_fits_a_phone(told: Any) -> None:
    assert told().subject == "credit: income moved by 0.21 (Kolmogorov-Smirnov distance)"
    assert told("resolved").subject.startswith("Over: credit: ")
    assert told("reopened").subject.startswith("Again: credit: ")
    assert len(told(sentence="x" * 500).subject) == SUBJECT_LETTERS
    assert "\n" not in told(sentence="a\nb").subject


def test_what_is_over_needs_no_runbook(told: Any, packed: Any) -> None:
    assert "What to do" in text(packed(told()))
    assert "What to do" not in text(packed(told("resolved")))


def test_a_storm_lists_its_models(told: Any, packed: Any) -> None:
    parcel = packed(*(told(model=f"model {i}") for i in range(4)))
    assert parcel.subject == "4 models: unit change (opened)"
    for i in range(4):
        assert f"- model {i}: income moved" in text(parcel)
        assert f"model {i}: income moved" in html(parcel)
