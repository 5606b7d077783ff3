"""What every `RowStore` must do, to run on your own store too.

from leadline.stores.conformance import ALL_CHECKS

@pytest.mark.parametrize("check", ALL_CHECKS, ids=lambda check: check.__name__)
def test_my_store(check, tmp_path):
    check(lambda: MyStore(tmp_path / "store"))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from threading import Thread
from typing import Any

import numpy as np

from leadline.stores.cells import Key, texts, typed
from leadline.stores.conformance_operations import OPERATIONS_CHECKS
from leadline.stores.contract import (
    FIELDS,
    QUARTER,
    Aged,
    Batch,
    Kept,
    Labels,
    Rows,
    RowStore,
    Section,
    TooManyFields,
    Wanted,
)

Open = Callable[[], RowStore]
"""Opens the same store each time, which is empty at first."""

T0 = 1_700_000_100_000_000 // QUARTER * QUARTER
SECOND = 1_000_000
_WANTED = (
    Wanted("id", (("", "id"),), "string"),
    Wanted("at", (("", "timestamp"),), "timestamp"),
    Wanted("x", (("features", "x"),), "float"),
    Wanted("y", (("", "label"),), "int"),
    Wanted("y_at", (("", "label_timestamp"),), "timestamp"),
)


def rows(ids: Sequence[str | None], times: Sequence[int], **columns: Sequence[Any]) -> Rows:
    """Rows with times in seconds after `T0`; `label` is a column of the wire, others are features."""
    found = {
        Key("" if name == "label" else "features", name, kind): cells
        for name, values in columns.items()
        for kind, cells in typed(values, {}).items()
    }
    return Rows(texts(ids), T0 + np.array(times, np.int64) * SECOND, found)


def batch(key: str, model: str = "m", **sections: Rows) -> Batch:
    """A batch whose answer is its key."""
    named: dict[Section, Rows] = {section: sections[section] for section in _SECTIONS if section in sections}
    return Batch(key, model, T0, key.encode(), b"{}", named)


_SECTIONS: tuple[Section, ...] = ("predictions", "labels", "feedback")


def check_what_is_kept_is_there_after_reopening(open: Open) -> None:
    """Rows, labels, models and numbers of batches outlive the store."""
    with closing(open()) as store:
        assert store.last() == 0
        assert store.models() == []
        sent = batch(
            "a",
            predictions=rows(["1", None], [0, 1], x=[0.5, None]),
            labels=rows(["1"], [5], label=[1]),
            feedback=rows(["1"], [6], value=[True]),
        )
        assert store.append([sent]) == [b"a"]
    with closing(open()) as store:
        assert store.last() == 1
        assert store.models() == ["m"]
        assert store.rows("m") == {"predictions": 2, "labels": 1, "feedback": 1}
        assert store.rows("another") == {"predictions": 0, "labels": 0, "feedback": 0}
        assert _read(store) == [("1", T0, 0.5, 1.0, T0 + 5 * SECOND), (None, T0 + SECOND, None, None, None)]


def check_a_known_key_adds_nothing(open: Open) -> None:
    """The first answer is given again: in the same call, in a later one, and after reopening."""
    first, again = batch("a", predictions=rows(["1"], [0])), batch("a", predictions=rows(["2"], [0]))
    with closing(open()) as store:
        assert store.append([first, again]) == [b"a", b"a"]
        assert store.append([again]) == [b"a"]
    with closing(open()) as store:
        assert store.append([again, batch("b")]) == [b"a", b"b"]
        assert store.rows("m")["predictions"] == 1
        store.forget_keys(T0 + 1)
        assert store.append([again]) == [b"a"]
        assert store.rows("m")["predictions"] == 2


def check_the_fields_that_came_are_named(open: Open) -> None:
    """Each kind of values of a field is one; labels are fields of their predictions, feedback is none."""
    with closing(open()) as store:
        mixed = rows(["1", "2"], [0, 1], x=[0.5, "a"])
        more = rows(["1"], [6], value=[True])
        store.append([batch("a", predictions=mixed, labels=rows(["1"], [5], label=[1]), feedback=more)])
        store.append([batch("b", "another", predictions=rows(["1"], [0], y=[True]))])
        with store.looking("m", store.last()) as look:
            kinds = [
                Key("features", "x", "number"),
                Key("features", "x", "text"),
                Key("", "label", "integer"),
            ]
            assert set(look.fields()) == set(kinds)


def check_models_are_apart(open: Open) -> None:
    """Rows of one model are not those of another; names are values and nothing else."""
    names = ["a", "A", "", '"; DROP TABLE batches; --', "../x", "\u202eright", "x" * 500]
    with closing(open()) as store:
        store.append([batch(str(i), name, predictions=rows([name], [i])) for i, name in enumerate(names)])
        assert store.models() == names
        for i, name in enumerate(names):
            assert [row[:2] for row in _read(store, name)] == [(name, T0 + i * SECOND)]


def check_labels_join_whatever_comes_first(open: Open) -> None:
    """A label before its prediction, after it, and one for no prediction at all."""
    with closing(open()) as store:
        store.append([batch("a", labels=rows(["1", "none"], [9, 9], label=[1, 0]))])
        store.append([batch("b", predictions=rows(["1", "2", "3"], [0, 1, 2]))])
        store.append([batch("c", labels=rows(["2"], [9], label=[0]))])
        assert [(row[0], row[3]) for row in _read(store)] == [("1", 1.0), ("2", 0.0), ("3", None)]


def check_the_latest_label_counts(open: Open) -> None:
    """By its time; of equal ones the one that came last, also within a batch; also over the row's own."""
    with closing(open()) as store:
        store.append([batch("a", predictions=rows(["1", "2", "3"], [0, 1, 2], label=[7, 7, 7]))])
        store.append([batch("b", labels=rows(["1", "2", "2"], [9, 5, 5], label=[1, 2, 3]))])
        store.append([batch("c", labels=rows(["1", "2"], [8, 5], label=[4, 5]))])
        assert [row[3] for row in _read(store)] == [1.0, 5.0, 7.0]


def check_a_label_joins_the_first_of_repeated_ids(open: Open) -> None:
    """The first that came, in whatever bucket it is; the others are rows without a label."""
    with closing(open()) as store:
        store.append([batch("a", predictions=rows(["1"], [100_000]))])
        store.append(
            [batch("b", predictions=rows(["1", "1"], [0, 1])), batch("c", labels=rows(["1"], [9], label=[1]))]
        )
        assert [row[3] for row in _read(store)] == [None, None, 1.0]
        assert [row[3] for row in _read(store, end=10)] == [None, None]


def check_a_look_does_not_see_what_comes_later(open: Open) -> None:
    """Neither rows nor labels of later batches, before or after the look began."""
    with closing(open()) as store:
        store.append([batch("a", predictions=rows(["1"], [0]))])
        store.append([batch("b", labels=rows(["1"], [1], label=[1]))])
        with store.looking("m", 1) as look:
            store.append([batch("c", predictions=rows(["2"], [0]))])
            look.prepare([(T0, T0 + QUARTER)])
            table = look.read(T0, T0 + QUARTER, _WANTED)
            assert table.rows == 1
            assert [row[3] for row in _values(table)] == [None]


def check_touched_names_the_quarters_of_new_rows_and_of_new_labels(open: Open) -> None:
    """A label touches its prediction's quarter, not that of its own time."""
    with closing(open()) as store:
        store.append([batch("a", predictions=rows(["1", "2"], [0, 10_000]))])
        store.append([batch("b", labels=rows(["2"], [90_000], label=[1]))])
        store.append([batch("c", predictions=rows(["3"], [901]))])
        with store.looking("m", 3) as look:
            later = T0 + 10_000 * SECOND // QUARTER * QUARTER
            assert look.touched(0).tolist() == [T0, T0 + QUARTER, later]
            assert look.touched(1).tolist() == [T0 + QUARTER, later]
            assert look.touched(2).tolist() == [T0 + QUARTER]
            assert look.touched(3).tolist() == []


def check_values_of_several_kinds(open: Open) -> None:
    """Numbers stay numbers; in a column of numbers, texts come as texts in rows of their own."""
    mixed = [1, 2.5, None, True, "many", [1, 2]]
    with closing(open()) as store:
        store.append([batch("a", predictions=rows([str(i) for i in range(6)], list(range(6)), x=mixed))])
        assert [row[2] for row in _read(store)] == [1.0, 2.5, None, 1.0, "many", "[1,2]"]
        store.append([batch("b", predictions=rows(["7"], [20_000], x=[3]))])
        assert [row[2] for row in _read(store, start=20_000)] == [3.0]


def check_profiles_and_their_number_are_kept_together(open: Open) -> None:
    """A bucket's profile takes the place of the one before; another grid begins anew."""
    with closing(open()) as store:
        store.append([batch("a", predictions=rows(["1"], [0]))])
        assert store.counted("m", "g") == 0
        store.keep_profiles("m", "g", 1, [Kept(0, 10, 1, 1, b"one"), Kept(10, 20, 2, 1, b"two")])
        store.keep_profiles("m", "g", 3, [Kept(10, 20, 3, 3, b"three")])
    with closing(open()) as store:
        assert store.counted("m", "g") == 3
        assert store.profiles("m", "g") == [Kept(0, 10, 1, 1, b"one"), Kept(10, 20, 3, 3, b"three")]
        assert store.profiles("m", "other") == []
        store.keep_profiles("m", "other", 1, [])
        assert store.counted("m", "g") == 0
        assert store.profiles("m", "g") == []


def check_profiles_that_come_with_a_batch_come_once(open: Open) -> None:
    """Batch and profile are there together; the same batch again changes nothing, and no row is added."""
    with closing(open()) as store:
        store.append([batch("a", predictions=rows(["1"], [0]))])
        store.keep_profiles("m", "g", 1, [Kept(0, 10, 1, 1, b"one")])
        both = [Kept(0, 10, 5, 0, b"both", b"more", b"given"), Kept(20, 30, 4, 0, b"new", b"", b"given")]
        assert store.take_profiles("g", batch("p"), both) == b"p"
        assert store.take_profiles("g", batch("p"), [Kept(0, 10, 9, 0, b"again")]) == b"p"
        assert store.take_profiles("g", batch("q", "other"), [Kept(0, 10, 2, 0, b"x")]) == b"q"
    with closing(open()) as store:
        assert store.last() == 3
        assert store.counted("m", "g") == 1, "which batches are counted stays as it is"
        assert store.profiles("m", "g") == [replace(one, upto=2) for one in both]
        assert store.profiles("other", "g") == [Kept(0, 10, 2, 3, b"x")]
        assert store.rows("m")["predictions"] == 1
        assert [*store.models()] == ["m", "other"]


def check_profiles_that_are_kept_together_stay_one(open: Open) -> None:
    """Of profiles of one bucket that two threads keep at a time, one is there."""
    with closing(open()) as store:
        store.append([batch("a", predictions=rows(["1"], [0]))])

        def keep() -> None:
            for _ in range(10):
                store.keep_profiles("m", "g", 1, [Kept(0, 10, 1, 1, b"one")])

        keepers = [Thread(target=keep) for _ in range(3)]
        for keeper in keepers:
            keeper.start()
        for keeper in keepers:
            keeper.join()
        assert store.profiles("m", "g") == [Kept(0, 10, 1, 1, b"one")]


def check_buckets_are_listed_without_their_content(open: Open) -> None:
    """A list says of each what is counted, and whether it is the same as before."""
    one, two = Kept(0, 10, 1, 1, b"one", b"more"), Kept(10, 20, 2, 1, b"two", frozen=b"part")
    with closing(open()) as store:
        assert store.buckets("m", "g") == []
        store.append([batch("a", predictions=rows(["1"], [0]))])
        store.keep_profiles("m", "g", 1, [one, two])
        first = store.buckets("m", "g")
        assert first == [one.bucket, two.bucket]
        assert store.buckets("m", "g", 10) == store.buckets("m", "g", 19, 20) == [two.bucket]
        assert store.buckets("m", "g", until=10) == [one.bucket]
        assert store.buckets("m", "g", sums=True) == store.buckets("m", "other") == []
        again = replace(two, upto=2)
        store.keep_profiles("m", "g", 2, [again, replace(one, samples=b"less")])
    with closing(open()) as store:
        now = store.buckets("m", "g")
        assert [own.upto for own in now] == [1, 2]
        assert [own.digest == before.digest for own, before in zip(now, first, strict=True)] == [False, True]
        assert store.profiles("m", "g") == [replace(one, samples=b"less"), again]


def check_sums_stand_for_their_buckets_until_one_changes(open: Open) -> None:
    """As few profiles as hold each bucket once; a sum of what has changed is not kept."""
    parts = [Kept(i, i + 10, 1, 1, b"%d" % i) for i in range(0, 80, 10)]
    half, all_but_one, whole = (Kept(0, end, 9, 1, b"sum", b"of %d" % end) for end in (40, 70, 80))
    with closing(open()) as store:
        store.append([batch("a", predictions=rows(["1"], [0]))])
        store.keep_profiles("m", "g", 1, parts)
        known = store.buckets("m", "g")
        assert not store.keep_sum("m", "g", half, known[:3])
        assert store.keep_sum("m", "g", half, known[:4])
        assert store.keep_sum("m", "g", whole, known)
    with closing(open()) as store:
        assert store.buckets("m", "g", sums=True) == [whole.bucket, half.bucket]
        assert store.buckets("m", "g") == known
        assert store.profiles("m", "g") == parts
        assert store.fewest("m", "g", 0, 80) == [whole]
        assert store.fewest("m", "g", 0, 80, samples=False) == [replace(whole, samples=b"")]
        assert store.fewest("m", "g", 0, 80, longest=79) == [half, *parts[4:]]
        assert store.fewest("m", "g", 0, 70) == [half, *parts[4:7]]
        assert store.fewest("m", "g", 10, 31) == parts[1:4]
        changed = replace(parts[5], content=b"changed", upto=2)
        store.keep_profiles("m", "g", 2, [changed])
        assert store.fewest("m", "g", 0, 80) == [half, parts[4], changed, *parts[6:]]
        assert not store.keep_sum("m", "g", whole, known)
        assert store.keep_sum("m", "g", whole, store.buckets("m", "g"))
        assert store.forget_profiles("m", 10) == 1
        assert store.buckets("m", "g", sums=True) == []
        assert not store.keep_sum("m", "g", all_but_one, known)
        rest = store.buckets("m", "g")
        assert store.keep_sum("m", "g", replace(whole, start=10), rest)
        store.erase("m", "", ["1"], T0)
        assert store.buckets("m", "g", sums=True) == []
        assert store.buckets("m", "g") == rest
        assert store.keep_sum("m", "g", replace(whole, start=10), rest)
        store.keep_profiles("m", "other", 3, [])
        assert store.fewest("m", "g", 0, 80) == []


def check_too_many_fields_are_refused_whole(open: Open) -> None:
    """The batch is not kept, and it is said for which columns there is no room; others in the same call are
    kept, and what was known still is taken.
    """
    names = {f"f{i}": [1.0] for i in range(FIELDS)}
    with closing(open()) as store:
        many = batch("a", predictions=rows(["1"], [0], **names))
        beyond = batch("b", predictions=rows(["2"], [0], one_more=[1.0]))
        known = batch("c", predictions=rows(["3"], [0], f0=[2.0]))
        answers = store.append([many, beyond, known])
        assert answers[0] == b"a"
        assert isinstance(answers[1], TooManyFields)
        assert {s: [key.name for key in keys] for s, keys in answers[1].beyond.items()} == {
            "predictions": ["one_more"]
        }
        assert answers[2] == b"c"
        assert [row[0] for row in _read(store)] == ["1", "3"]


def check_trying_to_write_changes_nothing(open: Open) -> None:
    """However often, and before anything came, too."""
    with closing(open()) as store:
        store.try_write()
        store.append([batch("a", predictions=rows(["1"], [0], x=[1]))])
        before = store.last(), store.models(), store.rows("m"), _read(store)
        for _ in range(2):
            store.try_write()
        assert (store.last(), store.models(), store.rows("m"), _read(store)) == before
    with closing(open()) as store:
        assert (store.last(), store.models(), store.rows("m"), _read(store)) == before


def check_reading_while_rows_come(open: Open) -> None:
    """Threads that append and threads that look do not disturb each other."""
    with closing(open()) as store:
        store.append([batch("first", predictions=rows(["first"], [0]))])

        def write(name: str) -> None:
            for i in range(10):
                store.append([batch(f"{name}{i}", predictions=rows([f"{name}{i}"], [i], x=[1.0]))])

        writers = [Thread(target=write, args=(name,)) for name in "ab"]
        for writer in writers:
            writer.start()
        sizes = [len(_read(store)) for _ in range(5)]
        for writer in writers:
            writer.join()
        assert sizes == sorted(sizes)
        assert store.last() == 21
        assert len(_read(store)) == 21


def check_stubs_keep_what_labels_need(open: Open) -> None:
    """Rows of a range shrink in slices; what is said of them outlives the store."""
    with closing(open()) as store:
        store.append([batch("a", predictions=rows(["1", "2", "3"], [0, 1, 9_000], x=[1.0, 2.0, 3.0]))])
        store.append([batch("b", predictions=rows(["4"], [2], x=[4.0]))])
        assert store.ageing("m", T0 + QUARTER, 1, "stubs").tolist() == [T0]
        said = Aged(T0, T0 + QUARTER, 1)
        store.keep_profiles("m", "g", 1, [Kept(T0, T0 + QUARTER, 2, 1, b"all", frozen=b"frozen")], [said])
    with closing(open()) as store:
        assert store.aged("m") == [said]
        assert store.ageing("m", T0 + QUARTER, 1, "stubs").tolist() == []
        assert store.ageing("m", T0 + QUARTER, 2, "stubs").tolist() == [T0]
        slices = [store.shrink("m", set(), 1) for _ in range(3)]
        assert slices == [1, 1, 0]
        assert [(row[0], row[2]) for row in _read(store)] == [
            ("1", None),
            ("2", None),
            ("4", 4.0),
            ("3", 3.0),
        ]
        store.append([batch("c", labels=rows(["2"], [5], label=[1]))])
        assert _read(store)[1][3] == 1.0
        store.keep_profiles("m", "other", 3, [])
        assert [kept.frozen for kept in store.profiles("m", "g")] == [b"frozen"]


def check_rows_that_are_gone_take_their_labels(open: Open) -> None:
    """A label that joins nothing waits, is given up when it is old, and is counted."""
    with closing(open()) as store:
        store.append([batch("a", predictions=rows(["1", "2"], [0, 9_000]))])
        store.append([batch("b", labels=rows(["1", "2", "never"], [1, 1, 1], label=[1, 1, 1]))])
        store.keep_profiles("m", "g", 2, [], [Aged(T0, T0 + QUARTER, 2, 2)])
        assert store.shrink("m", set(), 10) == 1
        assert store.shrink("m", set(), 10) == 0
        assert store.aged("m") == []
        assert store.rows("m") == {"predictions": 1, "labels": 2, "feedback": 0}
        assert store.labels("m") == Labels(1, 0)
        assert store.forget_unjoined("m", T0) == 0
        assert store.forget_unjoined("m", T0 + 1) == 1
        assert store.labels("m") == Labels(0, 1)
        assert _read(store)[0][3] == 1.0
    with closing(open()) as store:
        assert store.last() == 2


def check_what_is_erased_is_a_numbered_change(open: Open) -> None:
    """By id or by a value; with labels; the quarters are touched; others stay."""
    with closing(open()) as store:
        store.append([batch("a", predictions=rows(["1", "2", "3"], [0, 9_000, 0], x=["a", "b", "c"]))])
        store.append([batch("b", labels=rows(["1", "2", "3"], [1, 1, 1], label=[1, 1, 1]))])
        found = store.erase("m", "", ["1"], T0)
        assert found.rows == {"predictions": 1, "labels": 1, "feedback": 0}
        assert found.quarters.tolist() == [T0]
        assert store.erase("m", "x", ["b", "z"], T0).ids == ("2",)
        assert store.last() == 4
        store.scrub()
        with store.looking("m", 4) as look:
            assert look.touched(2).tolist() == [T0, T0 + 9_000 * SECOND // QUARTER * QUARTER]
            assert look.touched(4).tolist() == []
        assert [(row[0], row[3]) for row in _read(store)] == [("3", 1.0)]


def check_the_span_is_that_of_most_rows(open: Open) -> None:
    """Of rows that came at once that of their own times, without the one with a wrong clock."""
    with closing(open()) as store:
        assert store.span("m") == 0
        times = list(range(0, 1_000_000, 100))
        store.append([batch("a", predictions=rows([None] * 10_001, [*times, 2_000_000_000]))])
        assert 970_000 < store.span("m") / SECOND <= 1_000_000
        late = replace(batch("b", labels=rows(["1"], [0], label=[1])), received_at=T0 + 2_000_000 * SECOND)
        store.append([replace(batch("c", labels=rows(["1"], [0], label=[1])), received_at=T0), late])
        assert store.span("m") == 2_000_000 * SECOND


def check_a_snapshot_does_not_change(open: Open) -> None:
    """Its bytes stay while rows come in."""
    with closing(open()) as store:
        store.append([batch("a", predictions=rows(["1"], [0]))])
        with store.snapshot() as taken:
            first = {name: path.read_bytes()[:size] for name, (path, size) in taken.files.items()}
            store.append([batch("b", predictions=rows(["2"], [0]))])
            again = {name: path.read_bytes()[:size] for name, (path, size) in taken.files.items()}
            assert first == again
            assert taken.rows == {"m": {"predictions": 1, "labels": 0, "feedback": 0}}
        assert store.rows("m")["predictions"] == 2


ALL_CHECKS = (
    check_what_is_kept_is_there_after_reopening,
    check_a_known_key_adds_nothing,
    check_the_fields_that_came_are_named,
    check_models_are_apart,
    check_labels_join_whatever_comes_first,
    check_the_latest_label_counts,
    check_a_label_joins_the_first_of_repeated_ids,
    check_a_look_does_not_see_what_comes_later,
    check_touched_names_the_quarters_of_new_rows_and_of_new_labels,
    check_values_of_several_kinds,
    check_profiles_and_their_number_are_kept_together,
    check_profiles_that_come_with_a_batch_come_once,
    check_profiles_that_are_kept_together_stay_one,
    check_buckets_are_listed_without_their_content,
    check_sums_stand_for_their_buckets_until_one_changes,
    check_too_many_fields_are_refused_whole,
    check_trying_to_write_changes_nothing,
    check_reading_while_rows_come,
    check_stubs_keep_what_labels_need,
    check_rows_that_are_gone_take_their_labels,
    check_what_is_erased_is_a_numbered_change,
    check_the_span_is_that_of_most_rows,
    check_a_snapshot_does_not_change,
    *OPERATIONS_CHECKS,
)
"""Each raises AssertionError where a store breaks the contract; each wants a store that is empty."""


def _read(store: RowStore, model: str = "m", start: int = 0, end: int = 1_000_000) -> list[tuple[Any, ...]]:
    """Rows with times in [start, end) seconds after `T0`, as plain values."""
    first, last = T0 + start * SECOND, T0 + end * SECOND
    with store.looking(model, store.last()) as look:
        look.prepare([(first, last)])
        return _values(look.read(first, last, _WANTED))


def _values(table: Any) -> list[tuple[Any, ...]]:
    found = []
    for part in table.batches():
        columns = [part.column(wanted.name) for wanted in _WANTED]
        found += [tuple(_value(column, row) for column in columns) for row in range(part.rows)]
    return found


def _value(column: Any, row: int) -> Any:
    if column.valid is not None and not column.valid[row]:
        return None
    value = column.values[row].item()
    return value if column.dictionary is None else column.dictionary[value]
