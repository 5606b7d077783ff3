"""Makes the shared streams importable: tests are imported by path, each on its own."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.extend([str(HERE), str(HERE.parents[2] / "benchmarks" / "quality")])
