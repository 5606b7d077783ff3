"""The interpreter's own interval comes back, whoever counts meanwhile and however it ends."""

import sys
from contextlib import ExitStack

import pytest

from leadline.engines.turns import SECONDS, short_turns


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
