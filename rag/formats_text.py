"""Bytes of plain text into characters, whatever their encoding."""

from __future__ import annotations

import codecs
import re

from rag.errors import UnreadableDocument

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Control characters that no text file has a use for; tab, newlines, form feed and escape are left out.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MAX_CONTROL_SHARE = 0.01
_DETECTION_BYTES = 64 * 1024
_CHAOS_MARGIN = 0.1


def decode(raw: bytes, *, declared: str | None = None) -> str:
    """Bytes as text: by byte-order mark, as UTF-8, as declared, by detection, at worst with replacement characters.

    Args:
        raw: The bytes.
        declared: Encoding that the bytes say they are in; tried only if they are not UTF-8.

    Raises:
        UnreadableDocument: the bytes are not text.
    """
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return _checked(raw.decode(encoding, errors="replace"))
    try:
        return _checked(raw.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    if b"\x00" in raw[:_DETECTION_BYTES]:
        raise UnreadableDocument("is not text")
    if declared is not None and _is_charset(declared):
        return _checked(raw.decode(declared, errors="replace"))
    # A few bad bytes in UTF-8 are likelier than another encoding in which all of it makes sense.
    lenient = raw.decode("utf-8", errors="replace")
    bad = lenient.count("\ufffd")
    non_ascii = sum(byte > 0x7F for byte in raw)
    if bad * 2 < non_ascii - bad:
        return _checked(lenient)
    detected = _detect(raw)
    return _checked(raw.decode(detected, errors="replace") if detected else lenient)


def _is_charset(name: str) -> bool:
    """Whether it is an encoding of text other than UTF-8, which has been tried; some of Python's codecs are neither."""
    try:
        found = codecs.lookup(name)
        return found.name != "utf-8" and isinstance(b"a".decode(name), str)
    except (LookupError, UnicodeError, ValueError):
        return False


def _detect(raw: bytes) -> str | None:
    """The likeliest encoding; Windows' Western one unless it makes clearly less sense than another."""
    from charset_normalizer import from_bytes

    odd = re.search(rb"[\x80-\xff]", raw)
    start = max(0, odd.start() - _DETECTION_BYTES // 2) if odd else 0
    matches = from_bytes(raw[start : start + _DETECTION_BYTES])
    best = matches.best()
    if best is None:
        return None
    for match in matches:
        # Many encodings differ from it in a few letters only, and ties would fall to the alphabet.
        if "cp1252" in (match.encoding, *match.could_be_from_charset):
            return "cp1252" if match.chaos <= best.chaos + _CHAOS_MARGIN else best.encoding
    return best.encoding


def _checked(text: str) -> str:
    if text and len(_CONTROL.findall(text)) > _MAX_CONTROL_SHARE * len(text):
        raise UnreadableDocument("is not text")
    return text
