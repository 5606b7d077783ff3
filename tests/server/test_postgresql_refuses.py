"""A real PostgreSQL that takes nothing for a while: told, survived, and made up for by the server itself."""

from __future__ import annotations

import shutil
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1] / "stores"))
sys.path.append(str(Path(__file__).parent))

from cluster import postgresql
from test_disk_full import SmallDisk, no_mount, small_disk

__all__ = ["postgresql", "small_disk"]


def read_only(postgresql: Any, url: str, refused: bool) -> None:
    """What a server finds that became the copy of another one: its sessions end, and new ones only read."""
    name = url.rpartition("/")[2]
    statements = (
        f"ALTER DATABASE {name} SET default_transaction_read_only = {'on' if refused else 'off'}",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
    )
    import psycopg

    with closing(psycopg.connect(postgresql.url, autocommit=True)) as connection:
        for statement in statements if refused else statements[:1]:
            connection.execute(statement)


def test_alerts_of_a_time_in_which_nothing_could_be_kept_are_told_afterwards(
    serve: Any,
    tmp_path: Path,
    baseline_file: Path,
    make_traffic: Any,
    receiving: Any,
    postgresql: Any,
    until: Any,
) -> None:
    receiver, url = receiving(), postgresql.new()
    with serve(tmp_path / "data", metadata_url=url) as live:
        channel = {"name": "hook", "kind": "webhook", "settings": {"url": receiver.url}}
        assert live.ask("POST", "/api/v1/channels", channel).status == 201
        live.give(baseline_file)
        read_only(postgresql, url, True)
        live.send(make_traffic(10, 100, "2026-05-20", 5, shift=1.0, shifted_from=4))
        assert live.service.store.rows("credit")["predictions"] == 1_000, "rows are taken all the time"
        live.judge()
        for _ in range(2):
            ready = live.ask("GET", "/readyz", token=None)
            assert ready.status == 503
            assert "read-only transaction" in ready.document["message"]
        (model,) = live.ask("GET", "/api/v1/models").document["items"]
        assert "read-only transaction" in model["problem"]
        assert live.ask("POST", "/api/v1/events", {"kind": "note", "text": "x"}).status == 503
        assert live.service.metadata.alerts.find() == []
        read_only(postgresql, url, False)
        live.judge()
        assert live.service.worker.problems == {}
        assert receiver.enough.wait(60)
        until(lambda: live.service.metadata.channels.undelivered() == 0)
        assert live.ask("GET", "/readyz").status == 200
        assert live.ask("POST", "/api/v1/events", {"kind": "note", "text": "x"}).status == 201
        assert len(receiver.came) == len(live.service.metadata.alerts.find(tier="alert")) == 1


def owner_may_write(postgresql: Any, url: str, table: str, allowed: bool) -> None:
    """Give a right on one table to its owner, or take it."""
    import psycopg

    with closing(psycopg.connect(postgresql.url.replace("/postgres", "/" + url.rpartition("/")[2]))) as own:
        own.execute(
            f"{'GRANT' if allowed else 'REVOKE'} INSERT ON {table} {'TO' if allowed else 'FROM'} service"
        )
        own.commit()


def test_one_table_that_takes_nothing_keeps_the_server_from_being_ready(
    serve: Any, tmp_path: Path, baseline_file: Path, make_traffic: Any, postgresql: Any
) -> None:
    """Writing elsewhere proves nothing: verdicts are not kept until they are."""
    import psycopg

    url = postgresql.new()
    with closing(psycopg.connect(postgresql.url, autocommit=True)) as connection:
        connection.execute("CREATE ROLE service LOGIN")
        connection.execute(f"ALTER DATABASE {url.rpartition('/')[2]} OWNER TO service")
    with serve(tmp_path / "data", metadata_url=url.replace("leadline@", "service@")) as live:
        live.give(baseline_file)
        live.send(make_traffic(4, 50, "2026-05-20", 5))
        owner_may_write(postgresql, url, "judgements", False)
        for _ in range(2):
            live.judge()
            assert live.ask("POST", "/api/v1/events", {"kind": "note", "text": "x"}).status == 201
            ready = live.ask("GET", "/readyz", token=None)
            assert ready.status == 503
            assert "permission denied for table judgements" in ready.document["message"]
        live.send(make_traffic(1, 50, "2026-05-25", 6))
        owner_may_write(postgresql, url, "judgements", True)
        live.judge()
        assert live.ask("GET", "/readyz", token=None).status == 200
        assert live.report()["current"]["rows"] == 250


def fill(connection: Any) -> None:
    while True:
        connection.execute("INSERT INTO filler SELECT n, repeat('x', 1000) FROM generate_series(1, 50) n")


def test_a_full_disk_is_told_until_there_is_room(
    serve: Any, tmp_path: Path, small_disk: SmallDisk, postgresql: Any
) -> None:
    if why := no_mount():
        pytest.skip(f"a small disk cannot be made here: {why}")
    import psycopg

    place = small_disk(24) / "tables"
    place.mkdir()
    shutil.chown(place, "postgres", "postgres")
    # The folders of tests are for nobody else; the server of the database has to come through.
    for folder in (place, *place.parents):
        if folder.stat().st_mode & 0o777 == 0o700:
            folder.chmod(0o711)
    url = postgresql.url.replace("/postgres", "/small")
    with closing(psycopg.connect(postgresql.url, autocommit=True)) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        connection.execute("CREATE DATABASE small TABLESPACE small")
    with (
        serve(tmp_path / "data", metadata_url=url) as live,
        closing(psycopg.connect(url, autocommit=True)) as beside,
    ):
        note = {"kind": "note", "text": "x" * 1_900}
        assert live.ask("POST", "/api/v1/events", note).status == 201
        beside.execute("CREATE TABLE filler (n INTEGER, text TEXT)")
        with pytest.raises(psycopg.errors.DiskFull):
            fill(beside)
        answers = [live.ask("POST", "/api/v1/events", note)]
        while answers[-1].status == 201:  # the rest of a page is left
            answers.append(live.ask("POST", "/api/v1/events", note))
        assert answers[-1].status == 503
        assert "the disk is full" in answers[-1].document["message"]
        for _ in range(2):
            ready = live.ask("GET", "/readyz", token=None)
            assert (ready.status, "the disk is full" in ready.document["message"]) == (503, True)
        kept = live.ask("GET", "/api/v1/events?limit=1000").document["items"]
        assert len(kept) == len(answers)
        beside.execute("DROP TABLE filler")
        beside.execute("CHECKPOINT")
        assert live.ask("GET", "/readyz", token=None).status == 200
        assert live.ask("POST", "/api/v1/events", note).status == 201
    with closing(psycopg.connect(postgresql.url, autocommit=True)) as connection:
        connection.execute("DROP DATABASE small WITH (FORCE)")
        connection.execute("DROP TABLESPACE small")
