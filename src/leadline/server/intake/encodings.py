"""What a body holds once its `Content-Encoding` is undone."""

from __future__ import annotations

import zlib

from leadline.errors import DataError, MissingExtraError
from leadline.server.intake.bounds import TooLarge

BODY_BYTES = 32 << 20
"""Most bytes of a body, and `TEXT_BYTES` of what it holds when it is decompressed."""

TEXT_BYTES = 128 << 20

_LARGE = TooLarge("the batch is too large", accepted=f"at most {TEXT_BYTES >> 20} MB")


def decompressed(body: bytes, encoding: str) -> bytes:
    """The content of a body.

    Raises:
        TooLarge: it would be more than `TEXT_BYTES`.
        DataError: it is not what the encoding says.
    """
    if encoding in ("", "identity"):
        return body
    if encoding == "zstd":
        return _from_zstd(body)
    if encoding != "gzip":
        raise DataError(
            "unknown encoding",
            where="Content-Encoding",
            found=encoding,
            accepted=("gzip", "zstd", "identity"),
        )
    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        text = stream.decompress(body, TEXT_BYTES + 1)
    except zlib.error as error:
        raise DataError("the body is not gzip", found=str(error)) from None
    if len(text) > TEXT_BYTES:
        raise _LARGE
    if not stream.eof:
        raise DataError("the body is cut off")
    return text


def _from_zstd(body: bytes) -> bytes:
    try:
        import zstandard
    except ImportError:
        raise MissingExtraError.named("zstandard", "zstd", "a body in zstd") from None
    opener = zstandard.ZstdDecompressor(max_window_size=TEXT_BYTES)
    try:
        with opener.stream_reader(body) as stream:
            if len(stream.read(TEXT_BYTES + 1)) > TEXT_BYTES:
                raise _LARGE
        # Only this one says whether the end was there, and only the one above stops in time.
        whole = opener.decompressobj()
        text = whole.decompress(body)
    except zstandard.ZstdError as error:
        raise DataError("the body is not zstd", found=str(error)) from None
    if not whole.eof:
        raise DataError("the body is cut off")
    return text
