"""Gold questions: what to ask, and what a right answer contains."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import GoldError
from rag.gold_formats import KINDS, read_rows
from rag.lines import SHOWN, Problem, Row, cause, closest, gold_error
from rag.types import Turn

logger = logging.getLogger(__name__)

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_ADVICE = "Correct the file, or leave out what is wrong with --skip-bad (skip_bad=True)."


class GoldTurn(BaseModel):
    """An earlier exchange."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    answer: str = ""


class GoldQuestion(BaseModel):
    """One line of a gold file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(min_length=1)]
    user_input: Annotated[str, Field(min_length=1)]
    history: tuple[GoldTurn, ...] = ()
    reference: str | None
    references: tuple[str, ...] = ()
    answerable: bool
    reference_context_ids: tuple[str, ...] = ()
    reference_contexts: tuple[str, ...] = ()
    qtype: str | None = None
    as_of: date | None = None
    #: Whether a person has seen it. Drafts never count.
    reviewed: bool = True
    #: What whoever reviews it should know.
    note: Annotated[str | None, Field(exclude_if=lambda note: note is None)] = None

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The history as a pipeline takes it."""
        return tuple(Turn(question=turn.question, answer=turn.answer) for turn in self.history)

    def is_answered_by(self, text: str) -> bool:
        """Whether a text contains one of the references, as SQuAD's script normalises words."""
        found = f" {normalise(text)} "
        return any(f" {normalise(reference)} " in found for reference in self.references)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldFile:
    """What a file of gold questions holds.

    Attributes:
        entries: Its questions in order, drafts among them; with what `Problem.mended` says left out.
        problems: Everything that is not right, drafts included.
        lines: The line of each entry by its id, where the file is read by lines.
    """

    entries: tuple[GoldQuestion, ...]
    problems: tuple[Problem, ...]
    lines: Mapping[str, int]

    @property
    def questions(self) -> tuple[GoldQuestion, ...]:
        """The reviewed ones: those that count."""
        return tuple(question for question in self.entries if question.reviewed)

    @property
    def drafts(self) -> tuple[GoldQuestion, ...]:
        """Those that nobody has reviewed yet."""
        return tuple(question for question in self.entries if not question.reviewed)


def load_gold(
    path: Path | str, *, skip_bad: bool = False, drafts: bool = False
) -> tuple[GoldQuestion, ...]:
    """Read gold questions.

    What a path is decides how it is read: gold lines (``.jsonl``), a BEIR folder (``queries.jsonl`` with qrels,
    or a ``gold.jsonl`` about its ``corpus.jsonl``), SQuAD (``.json``), or a table with the columns question and
    answer (``.csv``, ``.tsv``).

    Args:
        path: The file or folder.
        skip_bad: Leave out what is not right instead of raising, and say so in the log: the field, if it is
            unknown or a reference of an unanswerable question, else the line.
        drafts: Whether drafts that nobody has reviewed count too.

    Raises:
        GoldError: there is no such file, it is of no known kind, lines of it are not right (the message gives
            every line and the reason), or no question is left.
    """
    file = check_gold(path, skip_bad=skip_bad, drafts=drafts)
    return file.entries if drafts else file.questions


def check_gold(path: Path | str, *, skip_bad: bool = False, drafts: bool = False) -> GoldFile:
    """What `load_gold` gives, with the lines and drafts of the file.

    Raises:
        GoldError: as `load_gold`.
    """
    file = read_gold(path)
    if file.problems and not skip_bad:
        raise gold_error(path, file.problems, advice=_ADVICE)
    log_problems(path, file.problems)
    if file.entries if drafts else file.questions:
        return file
    if file.drafts:
        count = len(file.drafts)
        what = f"all {count} questions are unreviewed drafts"
        what = what if count > 1 else "its only question is an unreviewed draft"
        raise GoldError(f"{path}: {what}. Run: rag gold review {path}")
    if file.problems:
        raise gold_error(path, file.problems, advice="No question is left. Correct the file.")
    raise GoldError(f"{path} holds no questions. Give {KINDS}.")


def read_gold(path: Path | str) -> GoldFile:
    """Read gold questions and everything that is wrong with them, without judging.

    Raises:
        GoldError: there is no such file, it is of no known kind, or not readable at all.
    """
    entries: dict[str, GoldQuestion] = {}
    problems: list[Problem] = []
    lines: dict[str, int] = {}
    seen: dict[str, Row] = {}
    for row in read_rows(Path(path).expanduser()):
        if isinstance(row, Problem):
            problems.append(row)
            continue
        question, reasons = _question(row.fields)
        first = seen.setdefault(row.id, row) if row.id else row
        if first is not row:
            where = f" (first in line {first.line})" if first.line else ""
            reasons.append(f'the id "{row.id}" occurs twice{where}. Rename one.')
        kept = question is not None and question.id not in entries
        if reasons:
            problems.append(row.problem("; ".join(reasons), mended=kept))
        if question is not None and kept:
            entries[question.id] = question
            if row.line:
                lines[question.id] = row.line
    return GoldFile(entries=tuple(entries.values()), problems=tuple(problems), lines=lines)


def write_gold(path: Path | str, questions: Iterable[GoldQuestion]) -> None:
    """Write gold lines, all or nothing: whoever reads meanwhile sees the old file or the new one.

    Raises:
        GoldError: the file cannot be written.
    """
    # A link stays one: what it points to is replaced.
    target = Path(path).expanduser().resolve()
    partial = target.parent / f".{target.name}.{os.getpid()}.part"
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            for question in questions:
                file.write(question.model_dump_json(exclude_defaults=True) + "\n")
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            partial.chmod(target.stat().st_mode & 0o7777)
        partial.replace(target)
    except (OSError, ValueError) as error:
        raise GoldError(f"{path} cannot be written ({cause(error)}). Write elsewhere.") from error
    finally:
        with suppress(OSError):
            partial.unlink()


def log_problems(path: Path | str, problems: Sequence[Problem]) -> None:
    """Warn of what is skipped: each reason once, with the lines that it holds for."""
    places: dict[tuple[bool, str], list[str]] = {}
    for problem in problems:
        places.setdefault((problem.mended, problem.reason), []).append(problem.where)
    for (mended, reason), found in places.items():
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        where = "; ".join([str(path), *filter(None, found[:SHOWN])]) + more
        logger.warning("%s: %s: %s", where, "ignored" if mended else "left out", reason)


def normalise(text: str) -> str:
    """Lower case, punctuation to spaces, articles dropped, white space collapsed."""
    words = re.sub(r"[^\w\s]|_", " ", text.lower())
    return " ".join(_ARTICLES.sub(" ", words).split())


def _question(fields: Mapping[str, Any]) -> tuple[GoldQuestion | None, list[str]]:
    """The question as far as it can be kept, and what is wrong with it."""
    reasons: list[str] = []
    try:
        question = GoldQuestion.model_validate(fields)
    except ValidationError as error:
        reasons = [_reason(item) for item in error.errors()]
        unknown = [item["loc"] for item in error.errors() if item["type"] == "extra_forbidden"]
        if len(unknown) < len(reasons):
            return None, reasons
        question = GoldQuestion.model_validate(_without(fields, unknown))
    try:
        question.model_dump_json()
    except ValueError:
        return None, [*reasons, "a text holds half a letter (a lone surrogate). Correct it."]
    if not question.user_input.strip():
        return None, [*reasons, "user_input is empty. Write the question."]
    if not question.answerable and (question.reference is not None or question.references):
        reasons.append("it has a reference though answerable is false. Correct one of the two.")
        question = question.model_copy(update={"reference": None, "references": ()})
    return question, reasons


def _reason(error: Any) -> str:
    location = error["loc"]
    if error["type"] == "extra_forbidden":
        name = location[-1]
        known = GoldQuestion if len(location) == 1 else GoldTurn
        return f'unknown field "{name}"{closest(str(name), known.model_fields)}'
    where = ".".join(map(str, location)) or "the name of a field"
    return f"{where}: {error['msg']}"


def _without(value: Any, unknown: Sequence[tuple[int | str, ...]]) -> Any:
    """A JSON value without the fields at these places."""

    def inside(key: int | str, item: Any) -> Any:
        return _without(item, [place[1:] for place in unknown if place[1:] and place[0] == key])

    if isinstance(value, Mapping):
        return {key: inside(key, item) for key, item in value.items() if (key,) not in unknown}
    if isinstance(value, list):
        return [inside(at, item) for at, item in enumerate(value)]
    return value
