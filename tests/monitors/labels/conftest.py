"""Makes the shared streams importable: tests are imported by path, each on its own."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
