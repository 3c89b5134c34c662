"""Where a reference context stands in a document. White space may differ: line breaks are rarely copied faithfully."""

from __future__ import annotations

import re
from collections.abc import Iterator


def locate(context: str, text: str) -> tuple[int, int] | None:
    """The first span of ``text`` that reads like ``context``, or ``None``."""
    return next(locate_all(context, text), None)


def locate_all(context: str, text: str) -> Iterator[tuple[int, int]]:
    """Every span of ``text`` that reads like ``context``."""
    words = context.split()
    if not words:
        return
    for match in re.finditer(r"\s+".join(map(re.escape, words)), text):
        yield match.span()
