"""`leadline check` on Parquet files larger than memory should be: time, values per second, peak memory.

Two tables are streamed to disk by DuckDB, checked by the command in a process of its own, and deleted.
The full sizes are `--rows 100000000 --columns 20` and `--rows 3000000 --columns 1000`; smaller row counts
run first, so that the time for each value can be compared.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import data
import machine

TEXT_EVERY = 10
"""Every tenth column holds text."""

PARQUET_BYTES = 9
"""Upper estimate of the bytes of a value on disk."""


@dataclass(frozen=True)
class Outcome:
    """One run of the command."""

    rows: int
    columns: int
    seconds: float
    cpu_seconds: float
    peak_mb: float
    code: int


def write(path: Path, rows: int, columns: int, current: bool, memory_mb: int) -> None:
    """A Parquet file of made-up traffic: every value is a hash of its place."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '{memory_mb}MB'")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET threads = 2")
    listed = ",\n".join(f"{_expression(k, current)} AS {_name(k)}" for k in range(columns))
    group = max(2048, min(122_880, 40_000_000 // max(1, columns) // 2048 * 2048))
    connection.execute(
        f"COPY (SELECT {listed} FROM range({rows}) AS source(i)) TO '{path}' "
        f"(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {group})"
    )
    connection.close()


def _name(k: int) -> str:
    return f"c{k:04d}" if k % TEXT_EVERY == TEXT_EVERY - 1 else f"n{k:04d}"


def _expression(k: int, current: bool) -> str:
    """Column k: text of 20 values, a skewed number, a count, a bell-shaped number; one in 20 has drifted."""
    salt = 2 * k + current
    u = f"(hash(i * 2000 + {salt}) / 18446744073709551616.0)"
    v = f"(hash(i * 2000 + {salt} + 1000000007) / 18446744073709551616.0)"
    shift = 0.2 if current and k % 20 == 0 else 0.0
    shape = k % TEXT_EVERY
    if shape == TEXT_EVERY - 1:
        return f"'value ' || CAST(floor(20 * {u} * {u}) AS INTEGER)"
    if shape in (1, 5):
        return f"-ln(1.0 - {u}) * {1 + shift}"
    if shape in (2, 6):
        return f"CAST(floor({30 * (1 + shift)} * {u} * {v}) AS INTEGER)"
    if shape == 3:
        return f"CASE WHEN {v} < 0.02 THEN NULL ELSE {u} END"
    return f"{shift} + {u} + {v}"


def check(reference: Path, current: Path, threads: int | None) -> tuple[float, float, float, int]:
    """Seconds, CPU seconds, peak MB and exit code of the command."""
    command = [sys.executable, "-m", "leadline", "check", str(reference), str(current), "--fail-on", "never"]
    command += ["--html", str(current.with_suffix(".html"))]
    if threads:
        command += ["--threads", str(threads)]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode


def run(folder: Path, rows: int, columns: int, chosen: argparse.Namespace) -> Outcome:
    """Write, check, delete."""
    reference, current = folder / "reference.parquet", folder / "current.parquet"
    reference_rows = min(rows, chosen.reference_rows or rows)
    write(reference, reference_rows, columns, False, chosen.write_memory)
    write(current, rows, columns, True, chosen.write_memory)
    try:
        return Outcome(reference_rows + rows, columns, *check(reference, current, chosen.threads))
    finally:
        reference.unlink()
        current.unlink()


def row(done: Outcome) -> str:
    """The table's line of a run."""
    values = done.rows * done.columns
    cells = [
        f"{done.rows:,}", f"{done.columns:,}", f"{done.seconds:.2f}", f"{done.cpu_seconds:.2f}",
        f"{values / done.seconds / 1e6:.1f}", f"{done.seconds / values * 1e9:.1f}", f"{done.peak_mb:.0f}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--small", action="store_true", help="20,000 and 40,000 rows x 20 columns")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 4_000_000], metavar="ROWS")
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--reference-rows", type=int, help="rows of the reference; default: as the current")
    parser.add_argument("--threads", type=int, help="as of the command")
    parser.add_argument("--write-memory", type=int, default=4000, metavar="MB", help="for writing the files")
    parser.add_argument("--folder", type=Path, help="where the files are written; default: temporary files")
    chosen = parser.parse_args()
    sizes = [20_000, 40_000] if chosen.small else sorted(chosen.rows)
    print(f"## Files of {chosen.columns:,} columns\n")
    print(machine.describe("leadline", "numpy", "duckdb") + f"; seed {data.SEED}\n")
    print("| Rows of both files | Columns | Seconds | CPU seconds | M values/s | ns a value | Peak MB |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    with TemporaryDirectory(dir=chosen.folder) as folder:
        for rows in sizes:
            needed = 2 * rows * chosen.columns * PARQUET_BYTES
            free = shutil.disk_usage(folder).free
            if needed > 0.8 * free:
                print(f"{rows:,} rows skipped: {needed / 1e9:.0f} GB of {free / 1e9:.0f} GB", file=sys.stderr)
                continue
            done = run(Path(folder), rows, chosen.columns, chosen)
            if done.code:
                print(f"{rows:,} rows: exit code {done.code}", file=sys.stderr)
                sys.exit(1)
            print(row(done), flush=True)
    print()


if __name__ == "__main__":
    main()
