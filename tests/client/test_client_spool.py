"""Batches on disk: bounded, whole or counted, sent by whoever comes next."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline_client import Leadline
from leadline_client.spool import Packet, Spool, folder_for, private_folder
from leadline_client.testing import Recorder

Connect = Callable[..., Leadline]


def packet(number: int, size: int = 100) -> Packet:
    return Packet(
        f"key-{number}", "credit", "1", {"predictions": number}, bytes([number % 256]) * size, number
    )


class Losses(list[tuple[str, str, int]]):
    def __call__(self, lost: Packet, reason: str) -> None:
        self.append((lost.key, reason, sum(lost.rows.values())))


OpenSpool = Callable[..., tuple[Spool, Losses]]


@pytest.fixture
def open_spool(tmp_path: Path) -> Iterator[OpenSpool]:
    made: list[Spool] = []

    def opened(root: Path, instance: str = "a", limit: int = 10**6) -> tuple[Spool, Losses]:
        lost = Losses()
        made.append(Spool(root, instance, limit, lost))
        return made[-1], lost

    yield opened
    for spool in made:
        spool.close()


def drained(spool: Spool) -> list[str]:
    keys = []
    while (found := spool.oldest()) is not None:
        keys.append(found.key)
        assert found.file is not None
        spool.remove(found.file)
    return keys


@given(st.binary(), st.text(), st.none() | st.text(), st.dictionaries(st.text(), st.integers(0, 10**9)))
def test_a_file_gives_back_what_was_written(
    body: bytes, model: str, version: str | None, rows: dict[str, int]
) -> None:
    written = Packet("key", model, version, rows, body)
    found = Packet.from_bytes(written.to_bytes(), "file", None)
    assert (found.key, found.model, found.version, found.rows, found.body) == (
        "key",
        model,
        version,
        rows,
        body,
    )


@given(st.binary(min_size=1), st.data())
def test_a_damaged_file_is_never_taken_for_whole(body: bytes, data: st.DataObject) -> None:
    content = packet(1).to_bytes()[:-100] + body
    whole = Packet("key", "credit", "1", {"predictions": 1}, body).to_bytes()
    cut = data.draw(st.integers(0, len(whole) - 1))
    for damaged in (content, whole[:cut]):
        with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
            Packet.from_bytes(damaged, "file", None)


def test_first_in_first_out(tmp_path: Path, open_spool: OpenSpool) -> None:
    spool, lost = open_spool(tmp_path / "root")
    for number in range(20):
        spool.write(packet(number))
    assert spool.sequences() == set(range(20))
    assert drained(spool) == [f"key-{number}" for number in range(20)]
    assert (len(spool), spool.bytes, lost) == (0, 0, [])


def test_a_spool_that_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    """Its folder is another's already: the file that was to lock it is closed and gone again."""
    (tmp_path / "here").mkdir(mode=0o700)
    (tmp_path / "here" / "lock").touch()
    with pytest.raises(OSError, match="here"):
        Spool(tmp_path, "here", 1_000, lambda packet, reason: None)
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_the_oldest_go_first_and_are_counted(tmp_path: Path, open_spool: OpenSpool) -> None:
    spool, lost = open_spool(tmp_path / "root", limit=5 * len(packet(10).to_bytes()))
    for number in range(10, 30):
        spool.write(packet(number))
        assert sum(path.stat().st_size for path in tmp_path.rglob("*.batch")) == spool.bytes
        assert spool.bytes <= 5 * len(packet(10).to_bytes())
    spool.write(packet(99, size=10_000))
    assert lost[:-1] == [(f"key-{number}", "spool_full", number) for number in range(10, 10 + len(lost) - 1)]
    assert lost[-1] == ("key-99", "spool_full", 99)
    assert len(lost) - 1 + len(drained(spool)) == 20


def test_truncated_and_foreign_files_are_counted_and_deleted(tmp_path: Path, open_spool: OpenSpool) -> None:
    spool, lost = open_spool(tmp_path / "root")
    for number in (1, 2, 3, 4):
        spool.write(packet(number))
    first, second, third, _ = sorted(tmp_path.rglob("*.batch"))
    first.write_bytes(first.read_bytes()[:-3])
    second.write_bytes(b"")
    third.unlink()
    assert drained(spool) == ["key-4"]
    assert [reason for _, reason, _ in lost] == ["spool_damaged"] * 3
    assert not list(tmp_path.rglob("*.batch"))


def test_folders_of_processes_that_ended_are_taken_over_and_live_ones_are_not(
    tmp_path: Path, open_spool: OpenSpool
) -> None:
    root = tmp_path / "root"
    ended, _ = open_spool(root, "ended")
    live, _ = open_spool(root, "live")
    ended.write(packet(1))
    live.write(packet(2))
    ended.write(packet(3))
    (root / "ended" / "half-written.batch.new").write_bytes(b"ha")
    ended.close()
    heir, lost = open_spool(root, "heir")
    heir.write(packet(4))
    assert heir.adopt() == 2
    assert drained(heir) == ["key-1", "key-3", "key-4"]
    assert drained(live) == ["key-2"]
    assert not (root / "ended").exists()
    assert lost == []
    for spool in (live, heir):
        spool.close()
    assert list(root.iterdir()) == []


def test_nobody_else_can_read_it(tmp_path: Path, open_spool: OpenSpool) -> None:
    spool, _ = open_spool(tmp_path / "private" / "root")
    spool.write(packet(1))
    for path in (tmp_path / "private").rglob("*"):
        if path.is_dir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_folder_that_is_not_ours_is_not_used(tmp_path: Path, recorder: Recorder, connect: Connect) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "spool").symlink_to(elsewhere)
    with pytest.raises(OSError, match="belongs"):
        private_folder(folder_for("http://host", str(tmp_path / "spool")))
    # The client goes on without a disk.
    client = connect(recorder)
    client.model("credit").log({"a": 1})
    assert client.flush()
    assert len(recorder.rows()) == 1
    assert list(elsewhere.rglob("*.batch")) == []


def test_servers_do_not_share_a_spool() -> None:
    assert folder_for("http://one", None) != folder_for("http://two", None)
    assert folder_for("http://one", "/var/spool").parent == Path("/var/spool")


def test_without_a_disk_the_oldest_in_memory_go_and_are_counted(
    connect: Connect, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadline_client import state

    monkeypatch.setattr(state, "OUTBOX_BYTES", 2_000)
    client = connect(f"http://127.0.0.1:{closed_port}", spool=False, server_policies=False, exit_seconds=0.1)
    model = client.model("credit", "1")
    for row in range(30):
        model.log({"noise": os.urandom(200).hex()}, id=row)
        client.flush(0.05)
    outbox = client._worker.state.outbox
    with outbox.moved:
        sending = outbox._in_flight
        held = [packet for packet in outbox.in_memory() if packet is not sending]
        lost = client.dropped()["credit"]["predictions"]["outbox_full"]
    assert sum(len(packet.body) for packet in held) <= 2_000
    assert lost + sum(packet.rows.get("predictions", 0) for packet in held) + (sending is not None) == 30


WRITER = """
    import sys
    from leadline_client import Leadline
    url, spool, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    client = Leadline(url, spool=spool, server_policies=False, interval_seconds=0.001)
    model = client.model("credit", "1")
    model.log({}, id="first")
    client.flush(0.2)
    row = 0
    while row < count or count < 0:
        model.log({"a": row, "noise": "x" * 50}, id=row)
        row += 1
        if row % 50 == 0:
            client.flush(0.001)
            print(row, flush=True)
"""


def test_what_a_process_left_on_disk_is_sent_by_the_next(
    tmp_path: Path, closed_port: int, run_program: Callable[..., str], connect: Connect
) -> None:
    """The first program ends without ever reaching the server."""
    run_program(WRITER, f"http://127.0.0.1:{closed_port}", tmp_path / "spool", 500)
    assert list((tmp_path / "spool").rglob("*.batch"))
    with Recorder(port=closed_port) as recorder:
        client = connect(recorder)
        client.model("credit", "1").log({}, id="last")
        recorder.wait_for(lambda r: len(r.rows()) >= 502)
        assert sorted(row["id"] for row in recorder.rows()) == sorted(
            ["first", "last", *map(str, range(500))]
        )
        client.close()
        assert client.dropped() == {}
    assert not list((tmp_path / "spool").rglob("*.batch"))


def test_a_process_that_is_killed_while_it_spools_leaves_whole_batches(
    tmp_path: Path, closed_port: int, start_program: Callable[..., subprocess.Popen[str]], connect: Connect
) -> None:
    program = start_program(WRITER, f"http://127.0.0.1:{closed_port}", tmp_path / "spool", -1)
    assert program.stdout is not None
    for _ in range(20):
        assert program.stdout.readline()
    program.send_signal(signal.SIGKILL)
    program.communicate()
    left = sorted((tmp_path / "spool").rglob("*.batch"))
    assert len(left) >= 2
    # What a full disk or a power failure would leave.
    left[0].write_bytes(left[0].read_bytes()[:-1])
    expected = 0
    for path in left[1:]:
        found = Packet.from_bytes(path.read_bytes(), path.name, None)
        zlib.decompress(found.body, zlib.MAX_WBITS | 16)
        expected += found.rows.get("predictions", 0)
    with Recorder(port=closed_port) as recorder:
        client = connect(recorder)
        client.model("credit", "1").log({}, id="last")
        recorder.wait_for(lambda r: len(r.rows()) == expected + 1, 40)
        assert client.flush()
        names = [row["id"] for row in recorder.rows()]
        assert len(names) == len(set(names)) == expected + 1
        assert client.dropped() == {"credit": {"batches": {"spool_damaged": 1}}}
