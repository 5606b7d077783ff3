"""Counts of a model's operations by hour: requests, latencies, errors, labels, heartbeats.

What batches say of an hour adds up (or is a first or last moment), so each batch is looked at once, and the
number of the last one is kept in the same transaction as the counts: whatever ends the process, no batch is
counted twice or left out. Counts of an hour are rows (version, what, cell, count, amount), in which quantiles
are counts by cell of `leadline.profiles.exponential`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from leadline.profiles.exponential import CELLS_PER_DOUBLING, HIGHEST, LOWEST
from leadline.schedule import DAY, HOUR, Width, Zone, floor, following
from leadline.stores import arrow, operations_beats
from leadline.stores.cells import Cells, Key, Kind, texts
from leadline.stores.contract import Section
from leadline.stores.operations_kinds import (
    FARTHEST,
    LARGEST_AMOUNT,
    LATEST,
    MILLIONTHS,
    NAME_LETTERS,
    NAMES,
    OTHER,
    Counts,
    Integers,
    What,
)

_DAYS = Width(1, "day")

TABLES = """
    CREATE TABLE IF NOT EXISTS operations (
        model INTEGER, hour BIGINT, version INTEGER, what INTEGER, cell INTEGER, count BIGINT, amount BIGINT);
    CREATE TABLE IF NOT EXISTS operations_names (model INTEGER, number INTEGER, what VARCHAR, name VARCHAR);
    CREATE TABLE IF NOT EXISTS operations_counted (model INTEGER, upto BIGINT);
"""
TABLES += operations_beats.TABLES


def count(
    cursor: Any, number: int, places: Mapping[Section, Mapping[Key, int]], after: int, upto: int
) -> None:
    """Add what the batches beyond `after`, up to and with `upto`, say; within a transaction of the caller.

    Args:
        number: of the model.
        places: by section, the column of each key.
    """
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE fresh (hour BIGINT, version VARCHAR, "
        "what VARCHAR, name VARCHAR, cell INTEGER, count BIGINT, amount BIGINT)"
    )
    new = f"batch > {after} AND batch <= {upto}"
    for statement in _of_predictions(number, places["predictions"], new):
        cursor.execute(f"INSERT INTO fresh {statement}")
    for statement in _of_labels(number, places, after, upto):
        cursor.execute(f"INSERT INTO fresh {statement}")
    for statement in _of_feedback(number, places["feedback"], new):
        cursor.execute(f"INSERT INTO fresh {statement}")
    beats = operations_beats.read(cursor, number, new)
    if beats:
        _insert_beats(cursor, beats)
    _name(cursor, number)
    _add(cursor, number)
    cursor.execute("DELETE FROM operations_counted WHERE model = ?", [number])
    cursor.execute("INSERT INTO operations_counted VALUES (?, ?)", [number, upto])


def counted(cursor: Any, number: int) -> int:
    """Number of the last batch of a model that was counted; 0: none."""
    found = cursor.execute("SELECT max(upto) FROM operations_counted WHERE model = ?", [number]).fetchall()
    return int(found[0][0] or 0)


def read(cursor: Any, number: int, start: int, end: int, version: str | None = None) -> Counts:
    """What is counted in the hours [start, end) (hours since 1970), of one version or of all together."""
    named = {
        key: (what, name)
        for key, what, name in cursor.execute(
            "SELECT number, what, name FROM operations_names WHERE model = ? AND what <> 'version'", [number]
        ).fetchall()
    }
    chosen = (
        ""
        if version is None
        else " AND version = (SELECT number FROM operations_names WHERE model = $model AND what = 'version' "
        "AND name = $version)"
    )
    found = cursor.execute(
        f"""
        SELECT hour, what, cell, sum(count)::BIGINT AS count, {_together(cursor, number)} AS amount
        FROM operations WHERE model = $model AND hour >= $start AND hour < $end{chosen}
        GROUP BY hour, what, cell ORDER BY hour, what, cell
        """,
        {"model": number, "start": start, "end": end} | ({} if version is None else {"version": version}),
    ).fetchnumpy()
    columns = {name: np.asarray(values).astype(np.int64) for name, values in found.items()}
    versions = cursor.execute(
        "SELECT name FROM operations_names WHERE model = ? AND what = 'version' ORDER BY number", [number]
    ).fetchall()
    hour, what, cell, often, amount = (columns[name] for name in ("hour", "what", "cell", "count", "amount"))
    return Counts(named, hour, what, cell, often, amount, tuple(name for (name,) in versions))


def age(cursor: Any, number: int, hours_before: int, gone_before: int, place: Zone) -> None:
    """Put hours of old days together, and drop what is older still; within a transaction of the caller.

    A day is counted in its first hour from then on.

    Args:
        hours_before: days that ended by this moment are put together, microseconds.
        gone_before: what was counted a day before this moment, or earlier, goes.
        place: whose days are meant.
    """
    gone = cursor.execute(
        "DELETE FROM operations WHERE model = ? AND hour < ?", [number, (gone_before - DAY) // HOUR]
    ).fetchall()[0][0]
    operations_beats.forget(cursor, number, gone_before)
    found = cursor.execute(
        "SELECT DISTINCT hour FROM operations WHERE model = ? AND hour < ? ORDER BY hour",
        [number, hours_before // HOUR],
    ).fetchnumpy()["hour"]
    hours, starts = _of_old_days(np.asarray(found, np.int64), hours_before, place)
    if len(hours):
        cursor.execute("CREATE OR REPLACE TEMP TABLE rolled (hour BIGINT, day BIGINT)")
        cursor.executemany("INSERT INTO rolled VALUES (?, ?)", np.stack([hours, starts], 1).tolist())
        cursor.execute(f"""
            CREATE OR REPLACE TEMP TABLE numbered AS
            SELECT day AS hour, version, what, cell, sum(count)::BIGINT AS count,
                {_together(cursor, number)} AS amount
            FROM operations JOIN rolled USING (hour) WHERE model = {number} GROUP BY day, version, what, cell
        """)
        cursor.execute(f"DELETE FROM operations WHERE model = {number} AND hour IN (SELECT hour FROM rolled)")
        _insert_numbered(cursor, number)
    if gone:
        # Their places are free for new names.
        cursor.execute(
            "DELETE FROM operations_names WHERE model = $model AND number NOT IN ("
            "SELECT what FROM operations WHERE model = $model "
            "UNION SELECT version FROM operations WHERE model = $model AND version IS NOT NULL)",
            {"model": number},
        )


def _of_old_days(hours: Integers, before: int, place: Zone) -> tuple[Integers, Integers]:
    """The hours of days that are over by a moment and not one hour yet, and the first hours of their days."""
    if not len(hours):
        return hours, hours
    # Where a day begins within an hour, the hour is that of the day that begins.
    starts = floor(hours * HOUR + (HOUR - 1), _DAYS, place)
    days, inverse, many = np.unique(starts, return_inverse=True, return_counts=True)
    over = np.array([following(int(day), _DAYS, place) <= before for day in days])
    alone = (many == 1) & np.isin(days // HOUR, hours)
    chosen = (over & ~alone)[inverse]
    return hours[chosen], starts[chosen] // HOUR


def _together(cursor: Any, number: int) -> str:
    """SQL of the amount of several rows of one kind."""

    def numbers(kinds: Sequence[str]) -> str:
        marks = ", ".join("?" * len(kinds))
        found = cursor.execute(
            f"SELECT number FROM operations_names WHERE model = ? AND what IN ({marks})", [number, *kinds]
        ).fetchall()
        return ", ".join(str(key) for (key,) in found) or "0"

    return (
        f"CASE WHEN what IN ({numbers(LATEST)}) THEN max(amount) "
        # Of two that are as far the positive one, so that the order in which they came says nothing.
        f"WHEN what IN ({numbers(FARTHEST)}) THEN arg_max(amount, 2 * abs(amount) + (amount > 0)::BIGINT) "
        "ELSE sum(amount)::BIGINT END"
    )


def _name(cursor: Any, number: int) -> None:
    """Number the names that are new; those beyond `NAMES` of a kind share one."""
    known: dict[str, dict[str, int]] = {}
    following = 1
    for key, what, name in cursor.execute(
        "SELECT number, what, name FROM operations_names WHERE model = ?", [number]
    ).fetchall():
        known.setdefault(what, {})[name] = key
        following = max(following, key + 1)
    made = []
    for what, name in cursor.execute(
        "SELECT DISTINCT what, name FROM fresh "
        "UNION SELECT DISTINCT 'version', version FROM fresh ORDER BY ALL"
    ).fetchall():
        own = known.setdefault(what, {})
        kept = name if name in own or len(own) < NAMES else OTHER
        if kept not in own:
            own[kept] = following
            made.append([number, following, what, kept])
            following += 1
    if made:
        cursor.executemany("INSERT INTO operations_names VALUES (?, ?, ?, ?)", made)


def _add(cursor: Any, number: int) -> None:
    """Put the new counts together with those of the same hours."""
    cursor.execute(f"""
        CREATE OR REPLACE TEMP TABLE numbered AS
        WITH names AS (SELECT number, what, name FROM operations_names WHERE model = {number}),
        rest AS (SELECT number, what FROM names WHERE name = '{OTHER}'),
        coded AS (
            SELECT hour, coalesce(v.number, (SELECT number FROM rest WHERE what = 'version')) AS version,
                coalesce(n.number, rest.number) AS what, cell, count, amount
            FROM fresh
            LEFT JOIN names n ON n.what = fresh.what AND n.name = fresh.name
            LEFT JOIN names v ON v.what = 'version' AND v.name = fresh.version
            LEFT JOIN rest ON rest.what = fresh.what
            UNION ALL
            SELECT hour, version, what, cell, count, amount FROM operations
            WHERE model = {number} AND hour IN (SELECT hour FROM fresh)
        )
        SELECT hour, version, what, cell, sum(count)::BIGINT AS count, {_together(cursor, number)} AS amount
        FROM coded GROUP BY hour, version, what, cell
    """)
    cursor.execute(f"DELETE FROM operations WHERE model = {number} AND hour IN (SELECT hour FROM fresh)")
    _insert_numbered(cursor, number)


def _insert_numbered(cursor: Any, number: int) -> None:
    cursor.execute(
        f"INSERT INTO operations SELECT {number}, hour, version, what, cell, count, amount FROM numbered "
        "ORDER BY hour, what, cell"
    )


def _of_predictions(number: int, places: Mapping[Key, int], new: str) -> list[str]:
    version = _text(places, "", "version")
    hour = f"moment // {HOUR}"
    rows = f"FROM predictions_{number} WHERE {new}"

    def counts(what: What, name: str, cell: str, amount: str, where: str = "true") -> str:
        return (
            f"SELECT {hour}, {version}, '{what}', {name}, {cell}, count(*), {amount} {rows} AND ({where}) "
            "GROUP BY ALL"
        )

    found = [counts("rows", "''", "0", "0"), counts("latest", "''", "0", "max(moment)")]
    latency = _number(places, "", "latency_ms")
    if latency:
        found.append(counts("latency", "''", _cell(latency), "0", f"{latency} IS NOT NULL"))
    steps = list(dict.fromkeys(key.name for key in places if key.section == "steps"))[:NAMES]
    for step in steps:
        value = _number(places, "steps", step)
        if value:
            found.append(
                counts("step", _quoted(step[:NAME_LETTERS]), _cell(value), "0", f"{value} IS NOT NULL")
            )
    error = _text(places, "", "error")
    found.append(counts("error", error, "0", "0", f"{error} <> ''"))
    cost = _number(places, "features", "cost") or _number(places, "segment", "cost")
    if cost:
        found.append(
            counts("cost", "''", "0", f"sum({_millionths(cost)})", f"abs({cost}) <= {LARGEST_AMOUNT}")
        )
    label = _given(places, "label")
    if label:
        # Known at once: it has no age.
        found += [counts(what, "''", str(LOWEST), "0", label) for what in ("labelled", "arrived")]
    return found


def _of_labels(number: int, places: Mapping[Section, Mapping[Key, int]], after: int, upto: int) -> list[str]:
    """The first label of each id with the first prediction of it, once both have come."""
    if not places["labels"]:
        return []
    own = _given(places["predictions"], "label")
    version = _text(places["predictions"], "", "version")
    age = "greatest(l.moment - p.moment, 0) / 1e6"
    pairs = f"""
        WITH new AS (
            SELECT id FROM labels_{number} WHERE batch > {after} AND batch <= {upto}
            UNION SELECT id FROM predictions_{number}
            WHERE batch > {after} AND batch <= {upto} AND id IS NOT NULL
        ), l AS (
            SELECT id, batch, moment FROM labels_{number} WHERE batch <= {upto} AND id IN (SELECT id FROM new)
            QUALIFY row_number() OVER (PARTITION BY id ORDER BY batch, place) = 1
        ), p AS (
            SELECT id, batch, moment, {version} AS version, {own or "false"} AS own
            FROM predictions_{number} WHERE batch <= {upto} AND id IN (SELECT id FROM l)
            QUALIFY row_number() OVER (PARTITION BY id ORDER BY batch, place) = 1
        )
    """
    joined = f"FROM l JOIN p USING (id) WHERE greatest(l.batch, p.batch) > {after} AND NOT p.own GROUP BY ALL"
    return [
        f"{pairs} SELECT {side}.moment // {HOUR}, p.version, '{what}', '', {_cell(age)}, count(*), 0 {joined}"
        for what, side in (("labelled", "p"), ("arrived", "l"))
    ]


def _of_feedback(number: int, places: Mapping[Key, int], new: str) -> list[str]:
    if not places:
        return []
    name, value = _text(places, "", "name"), _number(places, "", "value")
    rows = f"FROM feedback_{number} WHERE {new}"
    found = [f"SELECT moment // {HOUR}, '', 'feedback', {name}, 0, count(*), 0 {rows} GROUP BY ALL"]
    if value:
        found.append(
            f"SELECT moment // {HOUR}, '', 'feedback_value', {name}, 0, count(*), sum({_millionths(value)}) "
            f"{rows} AND abs({value}) <= {LARGEST_AMOUNT} GROUP BY ALL"
        )
    return found


def _insert_beats(cursor: Any, beats: Sequence[operations_beats.Row]) -> None:
    hour, version, what, name, count, amount = zip(*beats, strict=True)
    columns: dict[str, tuple[Kind, Cells]] = {
        "hour": ("integer", Cells(np.array(hour, np.int64))),
        "version": ("text", texts(version)),
        "what": ("text", texts(what)),
        "name": ("text", texts(name)),
        "count": ("integer", Cells(np.array(count, np.int64))),
        "amount": ("integer", Cells(np.array(amount, np.int64))),
    }
    cursor.register("beats", arrow.batch(columns, len(beats)))
    try:
        cursor.execute("INSERT INTO fresh SELECT hour, version, what, name, 0, count, amount FROM beats")
    finally:
        cursor.unregister("beats")


def _columns(
    places: Mapping[Key, int], section: str, name: str, kinds: Sequence[str]
) -> list[tuple[str, str]]:
    return [(f"c{place}", key.kind) for key, place in places.items()
            if key.section == section and key.name == name and key.kind in kinds]  # fmt: skip


def _number(places: Mapping[Key, int], section: str, name: str) -> str:
    """SQL of a field's value as a number; "" where it has none. Values that are NaN count as null."""
    found = _columns(places, section, name, ("integer", "number", "boolean"))
    values = ", ".join(
        f"CASE WHEN isnan({column}) THEN NULL ELSE {column} END" if kind == "number" else f"{column}::DOUBLE"
        for column, kind in found
    )
    return f"coalesce({values})" if found else ""


def _text(places: Mapping[Key, int], section: str, name: str) -> str:
    """SQL of a field's value as a short text, "" where there is none."""
    found = _columns(places, section, name, ("text", "integer", "number", "boolean", "nested"))
    values = "".join(f"{column}::VARCHAR, " for column, _ in found)
    return f"coalesce({values}'')[:{NAME_LETTERS}]"


def _given(places: Mapping[Key, int], name: str) -> str:
    found = [f"c{place} IS NOT NULL" for key, place in places.items() if key[:2] == ("", name)]
    return f"({' OR '.join(found)})" if found else ""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _millionths(value: str) -> str:
    return f"round({value} * {MILLIONTHS})::BIGINT"


def _cell(value: str) -> str:
    """SQL of `leadline.profiles.exponential.cells_of`."""
    inside = f"least(greatest(ceil(log2({value}) * {CELLS_PER_DOUBLING}), {LOWEST}), {HIGHEST + 1})"
    return (
        f"(CASE WHEN {value} < 0 THEN {LOWEST - 1} WHEN {value} = 0 THEN {LOWEST} ELSE {inside} END)::INTEGER"
    )
