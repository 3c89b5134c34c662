"""Files of JSON lines, and what is wrong with them: every problem with its line, all told at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from rag.errors import GoldError

#: How many problems are shown; a person mends a few and tries again.
SHOWN = 20
_MAX_SHOWN = 1000
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something in a file that is not right.

    Attributes:
        reason: What is wrong, and what to do unless that is plain.
        line: Its line, from 1, if the file is read by lines.
        id: The question's id, as far as it is known.
        file: The file inside a folder, where more than one is read.
        mended: Whether the question can be kept if problems are to be skipped.
    """

    reason: str
    line: int | None = None
    id: str | None = None
    file: str | None = None
    mended: bool = False

    def __post_init__(self) -> None:
        # Ids and names come from files of any origin; escape sequences would take effect on a terminal.
        object.__setattr__(self, "reason", printable(self.reason))
        if self.id is not None:
            object.__setattr__(self, "id", printable(self.id))

    @property
    def where(self) -> str:
        """``line 3``, ``qrels/test.tsv, line 3`` or ``question q7``; empty for a whole file."""
        place = f"line {self.line}" if self.line is not None else ""
        if not place and self.id is not None:
            place = f"question {self.id}"
        return ", ".join(part for part in (self.file, place) if part)

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}" if self.where else self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The fields of one question, and where they stand."""

    fields: dict[str, Any]
    line: int | None = None
    file: str | None = None

    @property
    def id(self) -> str | None:
        """The question's id, if it has one."""
        given = self.fields.get("id")
        return given if isinstance(given, str) else None

    def problem(self, reason: str, *, mended: bool = False) -> Problem:
        """A problem at this place."""
        return Problem(reason=reason, line=self.line, id=self.id, file=self.file, mended=mended)


Rows: TypeAlias = Iterator[Row | Problem]


def gold_error(
    path: Path | str, problems: Sequence[Problem], *, advice: str | None = None
) -> GoldError:
    """All problems of a file as one error, the first twenty in words."""
    shown = [f"  {problem}" for problem in problems[:SHOWN]]
    if len(problems) > SHOWN:
        shown.append(f"  and {len(problems) - SHOWN} more")
    if len(problems) == 1:
        mark = ", " if problems[0].where else ": "
        head = f"{path}{mark}{problems[0]}"
        return GoldError(f"{head} {advice}" if advice else head)
    head = f"{path} has {len(problems)} problems."
    return GoldError("\n".join([f"{head} {advice}" if advice else head, *shown]))


def read_bytes(path: Path) -> bytes:
    """What a file holds, without a byte-order mark.

    Raises:
        GoldError: it cannot be opened.
    """
    try:
        return path.read_bytes().removeprefix(_BOM)
    except (OSError, ValueError) as error:
        raise unopened(path, error) from error


def unopened(path: Path, error: OSError | ValueError) -> GoldError:
    """The error of a file that cannot be opened, in words."""
    if isinstance(error, FileNotFoundError):
        return GoldError(f"There is no file {path}. Check the spelling.")
    return GoldError(
        f"{path} cannot be opened ({cause(error)}). Check its name and who may read it."
    )


def cause(error: OSError | ValueError) -> str:
    """What the system says, without the number and the path."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def text_lines(raw_lines: Iterable[bytes]) -> Iterator[tuple[int, str | Problem]]:
    """The lines that are not blank, numbered from 1; a `Problem` in place of one that is not UTF-8."""
    for number, raw in enumerate(raw_lines, start=1):
        line = raw.removeprefix(_BOM) if number == 1 else raw
        if not line.strip():
            continue
        try:
            yield number, line.decode("utf-8").strip()
        except UnicodeDecodeError:
            yield number, Problem(line=number, reason="it is not UTF-8. Save the file as UTF-8.")


def objects(raw_lines: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any] | Problem]]:
    """The JSON objects of lines; a `Problem` in place of a line that is none."""
    for number, line in text_lines(raw_lines):
        if isinstance(line, Problem):
            yield number, line
            continue
        value = parse_json(line)
        if isinstance(value, dict):
            yield number, value
        else:
            reason = value if isinstance(value, str) else "it is no JSON object in braces"
            yield number, Problem(line=number, reason=f"{reason}. Correct the line.")


def parse_json(text: str) -> Any:
    """What a JSON text holds; a string, what is wrong with it, if it cannot be told (or is a string)."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}" if "\n" in text else error.colno
        if isinstance(place, int):
            place = f"column {place}"
        return f"it is not JSON ({error.msg.rstrip(':')} at {place})"
    except (ValueError, RecursionError):
        return "it is not JSON that can be read (nested too deeply, or a number too long)"
    return "it is a string, no JSON object in braces" if isinstance(value, str) else value


def closest(word: str, known: Iterable[str]) -> str:
    """``(closest: "that")`` after a space for a word that is not known, or nothing."""
    return _closest(word[:_MAX_SHOWN], tuple(known))


# The same word is often wrong in every line.
@lru_cache(maxsize=1000)
def _closest(word: str, known: tuple[str, ...]) -> str:
    found = get_close_matches(word.lower(), known, n=1, cutoff=0.7)
    return f' (closest: "{found[0]}")' if found else ""


def printable(text: str) -> str:
    """A text as a line for a terminal: no control characters, no surrogates, not endless."""
    shown = text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
    if shown.isprintable():
        return shown
    return "".join(
        letter if letter.isprintable() else " " if letter.isspace() else "\ufffd"
        for letter in shown
    )
