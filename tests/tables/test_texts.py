"""Texts become codes: exactly, in the presence of anything."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadline.kernels import available
from leadline.tables import codes as coding
from leadline.tables.codes import encode, encode_views, joined
from leadline.tables.texts import hashes

EXPECTED = ["21eb15faf40055a0", "183f0095a723bcfb", "c5e1cae9cfc9ea95"]


def buffers(values):
    raw = [value.encode("utf-8", "surrogatepass") for value in values]
    lengths = np.array([len(item) for item in raw], np.int64)
    return np.frombuffer(b"".join(raw), np.uint8), np.cumsum(lengths) - lengths, lengths


@pytest.fixture(autouse=True, params=[0, 10**9], ids=["compiled", "python"])
def few_rows(request, monkeypatch):
    """Every test by the compiled loops and by a Python dictionary."""
    if request.param == 0 and not available():
        pytest.skip("the compiled loops were not built")
    monkeypatch.setattr(coding, "_SMALL", request.param)


def views(values):
    """The texts as Arrow's views, the longer ones in two buffers."""
    found, buffers = np.zeros((len(values), 16), np.uint8), [b"", b""]
    for i, value in enumerate(values):
        raw = value.encode("utf-8", "surrogatepass")
        found[i, :4] = np.frombuffer(len(raw).to_bytes(4, "little"), np.uint8)
        if len(raw) <= 12:
            found[i, 4 : 4 + len(raw)] = np.frombuffer(raw, np.uint8)
        else:
            place = (i % 2).to_bytes(4, "little") + len(buffers[i % 2]).to_bytes(4, "little")
            found[i, 4:] = np.frombuffer(raw[:4] + place, np.uint8)
            buffers[i % 2] += raw
    return found.view(np.uint64), [np.frombuffer(buffer, np.uint8) for buffer in buffers]


def check(values):
    """All values, and those of them that are marked as valid."""
    valid = np.arange(len(values)) % 3 != 1
    for mask in (None, valid, np.zeros(len(values), bool)):
        kept = values if mask is None else [value for value, here in zip(values, mask, strict=True) if here]
        for codes, found in (encode(*buffers(values), mask), encode_views(*views(values), mask)):
            assert [found[code] for code in (codes if mask is None else codes[mask])] == kept
            assert not codes[slice(0, 0) if mask is None else ~mask].any()
            assert list(found) == list(dict.fromkeys(kept)), "in order of discovery"
            assert np.array_equal(hashes(found), hashes(list(found)))


def test_what_stands_behind_a_short_text_does_not_count():
    words, none = views(["ab", "ab", "abc"])
    words.view(np.uint8)[1, 10] = 7
    codes, found = encode_views(words, none)
    assert [found[code] for code in codes] == ["ab", "ab", "abc"]
    assert len(found) == 2


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=40)))
def test_codes_point_to_the_texts_they_stand_for(values):
    check(values)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text("a\0", max_size=20)))
def test_zeros_inside_and_at_the_end_are_part_of_a_text(values):
    check(values)


@pytest.mark.parametrize("length", [*range(26), 1000])
def test_texts_that_differ_in_one_byte_anywhere_stay_apart(length):
    base = "x" * length
    check([base, base + "x"] + [base[:i] + "y" + base[i + 1 :] for i in range(length)] * 2)


def test_lone_surrogates_and_bytes_that_are_not_utf8_survive():
    check(["\ud800", "\udfff!", "ok"])
    raw = np.frombuffer(b"b\xff", np.uint8)
    codes, found = encode(raw, np.array([0]), np.array([2]))
    assert codes.tolist() == [0]
    assert found[0] == "b\udcff"


def test_many_distinct_texts_of_many_chunks():
    rng = np.random.default_rng(5)
    pool = [f"user-{i:07d}" for i in range(90_000)] + [str(i) for i in range(60_000)]
    values = [pool[i] for i in rng.permutation(len(pool))] + pool[:1000]
    check(values)


@pytest.mark.parametrize(
    ("starts", "lengths"), [([-1], [1]), ([0], [-1]), ([4], [1]), ([2], [2**62]), ([5], [0])]
)
def test_no_byte_beyond_the_texts_is_read(starts, lengths):
    data = np.frombuffer(b"abcd", np.uint8)
    many = np.resize(starts, 100), np.resize(lengths, 100)
    with pytest.raises(ValueError, match="row 0 lies outside of its bytes"):
        encode(data, *many)
    view = np.zeros((100, 4), np.int32)
    view[:, 0], view[:, 3] = 13, starts[0]
    for buffer in (0, 1, -1):
        view[:, 2] = buffer
        with pytest.raises(ValueError, match="row 0 lies outside of its bytes"):
            encode_views(view.view(np.uint64), [data])


@given(st.lists(st.lists(st.text(max_size=9), max_size=9), min_size=1, max_size=5))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_several_dictionaries_become_one(dictionaries):
    tables, found = joined(dictionaries)
    assert [[found[code] for code in table] for table in tables] == dictionaries
    assert len(set(found)) == len(found)


def test_starts_may_lie_anywhere():
    data = np.frombuffer(b"abcdef" + bytes(100_000) + b"xyz", np.uint8)
    codes, found = encode(data, np.array([100_006, 0, 3, 100_006]), np.array([3, 3, 3, 3]))
    assert [found[code] for code in codes] == ["xyz", "abc", "def", "xyz"]


def test_no_rows_have_no_texts():
    codes, found = encode(np.empty(0, np.uint8), np.empty(0, np.int64), np.empty(0, np.int64))
    assert len(codes) == len(found) == 0


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.text(st.characters(), max_size=30)))
def test_hashes_are_of_the_bytes_wherever_they_lie(values):
    values = sorted(values)
    _, found = encode(*buffers(values))
    assert np.array_equal(hashes(found), hashes(values))
    assert len(set(hashes(values).tolist())) == len(values)


def test_hashes_are_the_same_on_every_machine():
    assert [f"{h:016x}" for h in hashes(["", "a", "a text longer than a word"])] == EXPECTED


@pytest.mark.parametrize("form", ["{}", "user-{:09d}", "a common beginning of them all {}"])
def test_hashes_spread_evenly(form):
    n = 1 << 16
    found = hashes([form.format(i) for i in range(n)])
    for shift in (0, 24, 56):
        tally = np.bincount(((found >> np.uint64(shift)) & np.uint64(255)).astype(int), minlength=256)
        chi_squared = float(((tally - n / 256) ** 2 / (n / 256)).sum())
        assert chi_squared < 255 + 6 * np.sqrt(2 * 255)


@pytest.mark.parametrize("length", [7, 8, 9, 15, 16, 17, 1_000, 8 * (1 << 15), 8 * (1 << 15) + 1, 600_003])
def test_a_long_text_has_the_same_hash_among_few_and_many(length):
    text = "".join(chr(33 + i % 89) for i in range(length))
    many = [text[:-1] + chr(200 + i) for i in range(40)] if length < 2_000 else [text] * 20
    assert np.array_equal(hashes(many), [hashes([one])[0] for one in many])
    assert hashes([text])[0] != hashes([text[:-1]])[0]
