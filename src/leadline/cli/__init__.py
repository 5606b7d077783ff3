"""The command `leadline`: parses, calls `leadline.comparison`, prints. It decides nothing."""

from __future__ import annotations

from leadline.cli.main import main

__all__ = ["main"]
