"""What fails is told once, and followed until it is done."""

from __future__ import annotations

import logging

import pytest

from leadline.errors import DataError, RetryableError
from leadline.server.trying import Trying


def _fail(trying: Trying, error: Exception | None, name: str = "credit") -> None:
    with trying.tried(name, "model %r could not be judged"):
        if error is not None:
            raise error


def test_each_failure_is_told_once_until_it_is_another(caplog: pytest.LogCaptureFixture) -> None:
    trying = Trying()
    for error in (DataError("a"), DataError("a"), DataError("b"), None, DataError("b")):
        _fail(trying, error)
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        f"model 'credit' could not be judged; it is tried again: DataError: {what}" for what in "abb"
    ]
    assert trying.problems == {"credit": "DataError: b"}


def test_only_what_nobody_expected_comes_with_its_trace(caplog: pytest.LogCaptureFixture) -> None:
    trying = Trying()
    _fail(trying, RetryableError("the disk is full"))
    _fail(trying, ZeroDivisionError("of 3 by 0"), "100 %s %d")
    ours, other = caplog.records
    assert not ours.exc_info
    assert other.exc_info
    assert "'100 %s %d'" in other.getMessage()
    assert {ours.levelno, other.levelno} == {logging.ERROR}


def test_refused_is_what_a_store_did_not_do_until_it_does() -> None:
    trying = Trying()
    _fail(trying, DataError("the baseline is damaged"), "other")
    assert trying.refused == ""
    _fail(trying, RetryableError("the disk is full"))
    assert trying.refused == "RetryableError: the disk is full"
    _fail(trying, DataError("the baseline is damaged"))
    assert trying.refused == ""
    _fail(trying, RetryableError("the disk is full"))
    _fail(trying, None)
    assert trying.refused == ""
    assert trying.problems == {"other": "DataError: the baseline is damaged"}


def test_work_that_is_not_there_any_more_has_no_problem() -> None:
    trying = Trying()
    for name in ("gone", "there"):
        _fail(trying, RetryableError(f"the disk of {name} is full"), name)
    trying.forget_untried()
    _fail(trying, RetryableError("the disk of there is full"), "there")
    trying.forget_untried()
    assert trying.problems == {"there": "RetryableError: the disk of there is full"}
    assert trying.refused == "RetryableError: the disk of there is full"
    trying.forget_untried()
    assert (trying.problems, trying.refused) == ({}, "")
