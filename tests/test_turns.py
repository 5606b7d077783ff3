"""The interpreter's own interval comes back, whoever works meanwhile and however it ends."""

import sys
import threading
from contextlib import ExitStack

import numpy as np
import pytest

from leadline.turns import SECONDS, meanwhile, short_turns


def test_the_interval_is_short_within_and_as_before_after_the_last() -> None:
    before = sys.getswitchinterval()
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(short_turns())
        second.enter_context(short_turns())
        first.close()
        assert sys.getswitchinterval() == pytest.approx(SECONDS)
    assert sys.getswitchinterval() == pytest.approx(before)


def test_an_error_within_restores_it() -> None:
    before = sys.getswitchinterval()
    with pytest.raises(ZeroDivisionError), short_turns():
        raise ZeroDivisionError
    assert sys.getswitchinterval() == pytest.approx(before)


@pytest.mark.parametrize("threads", [None, 1, 2])
def test_work_beside_gives_its_result_and_warns_as_in_the_caller(threads: int | None) -> None:
    with (
        np.errstate(divide="ignore"),
        meanwhile(lambda: np.ones(3) / np.zeros(3), threads) as found,
    ):
        assert np.isinf(found()).all()
    with (
        np.errstate(divide="raise"),
        pytest.raises(FloatingPointError),
        meanwhile(lambda: np.ones(3) / np.zeros(3), threads) as found,
    ):
        found()


def test_the_caller_goes_on_while_the_work_is_done_unless_there_is_one_thread() -> None:
    said = threading.Event()
    with meanwhile(lambda: said.wait(60), 2) as found:
        said.set()  # what the work waits for comes from the caller
        assert found()
    with meanwhile(threading.get_ident, 1) as found:
        assert found() == threading.get_ident()


def test_a_caller_that_fails_leaves_no_thread_behind() -> None:
    before, said = threading.active_count(), threading.Event()

    def fails() -> None:
        with meanwhile(lambda: said.wait(60), 2):
            said.set()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert threading.active_count() == before
