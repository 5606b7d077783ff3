"""What a browser opens: a shell without data, and the script and styles that fill it, built from `ui/`."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from leadline.errors import ConfigurationError
from leadline.reports.page import BUILD_COMMAND

DIRECTORY = Path(__file__).parent / "page"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Content security policy of the shell: everything comes from here, and nothing is written into the page."""

_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


@dataclass(frozen=True)
class Asset:
    """A built file.

    Attributes:
        name: with a digest of its content, so that it may be kept for ever.
        media_type: of HTTP.
        content: of the file; `packed`: the same by gzip.
    """

    name: str
    media_type: str
    content: bytes
    packed: bytes


@cache
def assets() -> dict[str, Asset]:
    """The built files by their names, the script first.

    Raises:
        ConfigurationError: the page was never built (a source checkout); names the command that does.
    """
    found = [_asset(DIRECTORY / name) for name in ("app.js", "app.css")]
    return {asset.name: asset for asset in found}


@cache
def shell(demo: bool = False) -> bytes:
    """The one HTML page behind all addresses that people open; it holds no data.

    Args:
        demo: it says so, for what only a demo has.

    Raises:
        ConfigurationError: as `assets`.
    """
    script, style = assets()
    parts = [
        f'<!doctype html><html lang="en"{" data-demo" if demo else ""}><head><meta charset="utf-8">',
        '<title>Leadline</title><meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">',
        f'<link rel="stylesheet" href="/assets/{style}">',
        f'<script type="module" src="/assets/{script}"></script></head><body><div id="app">',
        "<noscript><main><h1>Leadline</h1><p>This page needs JavaScript. Reports of ",
        "<code>leadline check</code> and the API do not.</p></main></noscript></div></body></html>",
    ]
    return "".join(parts).encode()


def _asset(path: Path) -> Asset:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(
            "the page has not been built",
            where=str(path),
            next_step=f"Build it with: {BUILD_COMMAND} (in a checkout; wheels contain it).",
        ) from None
    digest = hashlib.sha256(content).hexdigest()[:16]
    name = f"{path.stem}-{digest}{path.suffix}"
    return Asset(name, _TYPES[path.suffix], content, gzip.compress(content, 9, mtime=0))
