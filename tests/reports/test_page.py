"""The report as a page: self-contained, readable without script, and safe whatever the data say."""

from __future__ import annotations

import base64
import hashlib
import html
import importlib.util
import json
import math
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.errors import ConfigurationError
from leadline.reports import page
from leadline.reports.record import ReportRecord, Task

HERE = Path(__file__).parent


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"leadline_test_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sample = _module(HERE / "sample.py")


class Parsed(HTMLParser):
    """Elements, attributes and texts, as a browser without script sees them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        last = self.tags[-1] if self.tags else ""
        if last in self.raw and self.lasttag == last and self.cdata_elem == last:
            self.raw[last].append(data)
        else:
            self.text += data + " "

    def attribute(self, tag: str, name: str) -> list[str]:
        return [value for t, n, value in self.attributes if (t, n) == (tag, name)]


@pytest.fixture(scope="module")
def credit() -> ReportRecord:
    return sample.sample()


@pytest.fixture(scope="module")
def rendered(credit: ReportRecord) -> Parsed:
    return Parsed(page.render(credit))


def _carried(text: str) -> Any:
    data = re.search(r'<script type="application/json" id="record">(.*?)</script>', text, re.S)
    assert data is not None
    return json.loads(data.group(1))


def test_the_page_asks_for_nothing_else(rendered: Parsed) -> None:
    """No element refers to anything outside the page."""
    assert not {"img", "iframe", "object", "embed", "audio", "video", "base", "form"} & set(rendered.tags)
    references = [
        value for _, name, value in rendered.attributes if name in {"src", "href", "srcset", "action", "data"}
    ]
    assert references == ["data:,"]
    style = "".join(rendered.raw["style"])
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_allows_exactly_the_script_and_the_style_of_the_page(rendered: Parsed) -> None:
    """The hashes of the content security policy are those of the inlined script and style."""
    policy = next(value for value in rendered.attribute("meta", "content") if "default-src" in value)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for directive, content in (("script", rendered.raw["script"][-1]), ("style", rendered.raw["style"][0])):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive}-src 'sha256-{digest}'" in policy


def test_the_verdict_can_be_read_without_script(rendered: Parsed, credit: ReportRecord) -> None:
    """Headline, summary, both sides, each loud column and each performance number are plain text."""
    text = re.sub(r"\s+", " ", rendered.text)
    assert credit.headline in text
    for line in (*credit.summary, *credit.assumptions):
        assert line in text
    for column in credit.columns:
        if column.verdict in ("alert", "warning"):
            assert column.name in text
            assert column.sentence in text
    assert "0.843 ±0.0061" in text
    assert "no row scored above the threshold" in text
    assert "1 column not judged, 14 columns quiet" in text


def test_the_page_carries_the_record(credit: ReportRecord) -> None:
    """The JSON in the page is the record, rounded to what can be read from it, without nulls."""
    carried = msgspec.convert(_without_gaps(_carried(page.render(credit)), credit), ReportRecord)
    for ours, theirs in zip(carried.columns, credit.columns, strict=True):
        assert (ours.name, ours.verdict, ours.sentence) == (theirs.name, theirs.verdict, theirs.sentence)
        if theirs.distribution is not None:
            assert ours.distribution is not None
            assert ours.distribution.current == pytest.approx(theirs.distribution.current, rel=1e-3)
            assert ours.distribution.labels == theirs.distribution.labels
            if theirs.distribution.edges is not None:
                width = theirs.distribution.edges[1] - theirs.distribution.edges[0]
                assert ours.distribution.edges == pytest.approx(theirs.distribution.edges, abs=width / 1e3)
    assert carried.performance["roc_auc"].current == pytest.approx(0.843, rel=1e-4)


def test_an_offset_does_not_swallow_the_cells() -> None:
    """Edges at 1e9 with cells of a fortieth keep their widths to a thousandth."""
    edges = [1e9 + i / 40 for i in range(41)]
    base = sample.sample()
    drawn = msgspec.structs.replace(base.columns[0].distribution, edges=edges)
    column = msgspec.structs.replace(base.columns[0], distribution=drawn)
    text = page.render(msgspec.structs.replace(base, columns=[column]))
    carried = _carried(text)["columns"][0]["distribution"]["edges"]
    assert [b - a for a, b in pairwise(carried)] == pytest.approx([1 / 40] * 40, rel=1e-3)


def _without_gaps(carried: Any, original: Any) -> Any:
    """Puts the nulls that the page leaves out back in their places."""
    original = msgspec.to_builtins(original) if isinstance(original, msgspec.Struct) else original
    if isinstance(original, dict):
        return {k: _without_gaps(carried[k], v) if k in carried else None for k, v in original.items()}
    if isinstance(original, list):
        return [_without_gaps(a, b) for a, b in zip(carried, original, strict=True)]
    return carried


@settings(max_examples=25, deadline=None)
@given(name=st.text(st.characters(exclude_categories=()), max_size=40))
@pytest.mark.parametrize("prefix", ["", "</script><script>alert(1)</script>", "<!--", "\u2028'\"&amp;"])
def test_names_never_become_markup(prefix: str, name: str) -> None:
    """Whatever a column is called, the page has the same elements, and its JSON carries the name."""
    record = _small(prefix + name)
    text = page.render(record)
    text.encode("utf-8")
    parsed, plain = Parsed(text), Parsed(page.render(_small("plain")))
    assert parsed.tags == plain.tags
    carried = _carried(text)["columns"][0]["name"]
    assert carried.isprintable() or "\ufffd" in carried or not (prefix + name).isprintable()
    if (prefix + name).isascii() and (prefix + name).isprintable():
        assert carried == prefix + name


def _small(name: str) -> ReportRecord:
    base = sample.sample()
    column = msgspec.structs.replace(base.columns[1], name=name, sentence=name)
    return msgspec.structs.replace(base, columns=[column], headline=name, summary=[name])


def test_five_hundred_columns_stay_small() -> None:
    """A report of 500 columns is under 3 MB with every column in full."""
    record = sample.wide(500)
    text = page.render(record)
    assert len(text.encode()) < 3_000_000
    assert all("distribution" in column for column in _carried(text)["columns"])


def test_a_very_wide_report_keeps_every_verdict_and_the_details_of_the_loud() -> None:
    """Beyond 600 quiet columns the quiet ones travel without details, and say so."""
    record = sample.wide(1_000)
    carried = _carried(page.render(record))["columns"]
    assert [column["verdict"] for column in carried] == [column.verdict for column in record.columns]
    for column in carried:
        quiet = column["verdict"] == "ok"
        assert quiet != ("distribution" in column)
        assert quiet == ("leaves them out" in column["reason"])


def test_an_empty_report_says_why() -> None:
    """No column, no label: the page gives the reasons instead of empty tables."""
    record = msgspec.structs.replace(
        sample.sample(), verdict="unknown", columns=[], performance={}, segments=[], rules=[],
        task=Task(reason="no label column"),
    )  # fmt: skip
    parsed = Parsed(page.render(record))
    assert "no label column" in parsed.text
    assert "0 columns quiet" in parsed.text
    assert "table" not in parsed.tags


def test_numbers_that_do_not_exist_leave_no_trace(credit: ReportRecord) -> None:
    """NaN and infinities, which JSON cannot hold, are left out like nulls."""
    column = msgspec.structs.replace(
        credit.columns[0], quality={"mean": math.nan, "maximum": math.inf}, p_value=-math.inf
    )
    carried = _carried(page.render(msgspec.structs.replace(credit, columns=[column])))["columns"][0]
    assert carried["quality"] == {}
    assert "p_value" not in carried


def test_the_notebook_shows_the_page_in_a_frame_of_its_own(credit: ReportRecord) -> None:
    """The frame holds the page, may run scripts and hand over files, and reaches nothing of the notebook."""
    parsed = Parsed(page.notebook(credit))
    assert parsed.attribute("iframe", "sandbox") == ["allow-scripts allow-downloads"]
    assert parsed.attribute("iframe", "srcdoc") == [page.render(credit)]
    assert "script" not in parsed.tags


def test_an_untrusted_notebook_still_tells_the_verdict(credit: ReportRecord) -> None:
    """Where frames and styles are stripped, the verdict remains."""
    stripped = re.sub(r"<style>.*?</style>|<iframe.*?</iframe>", "", page.notebook(credit), flags=re.S)
    assert html.escape(credit.headline) in stripped
    assert "income" in stripped


def test_a_page_that_was_never_built_names_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, credit: ReportRecord
) -> None:
    """In a source checkout without a built page the error says how to build it."""
    monkeypatch.setattr(page, "DIRECTORY", tmp_path)
    page._asset.cache_clear()
    with pytest.raises(ConfigurationError, match=r"python hatch_build\.py") as caught:
        page.render(credit)
    assert caught.value.where == str(tmp_path / "page.js")
    page._asset.cache_clear()
