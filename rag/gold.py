"""Gold questions: what to ask, and what a right answer contains."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import RagError
from rag.types import Turn

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


class GoldTurn(BaseModel):
    """An earlier exchange."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    answer: str = ""


class GoldQuestion(BaseModel):
    """One line of a gold file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    user_input: Annotated[str, Field(min_length=1)]
    history: tuple[GoldTurn, ...] = ()
    reference: str | None
    references: tuple[str, ...] = ()
    answerable: bool
    reference_context_ids: tuple[str, ...] = ()
    reference_contexts: tuple[str, ...] = ()
    qtype: str | None = None
    as_of: date | None = None

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The history as a pipeline takes it."""
        return tuple(Turn(question=turn.question, answer=turn.answer) for turn in self.history)

    def is_answered_by(self, text: str) -> bool:
        """Whether a text contains one of the references, as SQuAD's script normalises words."""
        found = f" {normalise(text)} "
        return any(f" {normalise(reference)} " in found for reference in self.references)


def load_gold(path: Path | str) -> tuple[GoldQuestion, ...]:
    """Read a gold file.

    Raises:
        RagError: a line is not a gold question, or an id occurs twice; the message gives the line.
    """
    questions: dict[str, GoldQuestion] = {}
    for number, line in enumerate(Path(path).read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            question = GoldQuestion.model_validate_json(line)
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, item['loc'])) or 'line'}: {item['msg']}"
                for item in error.errors()
            )
            raise RagError(f"{path}, line {number}: {problems}. Correct the line.") from None
        if question.id in questions:
            raise RagError(f"{path}, line {number}: the id {question.id} occurs twice. Rename one.")
        questions[question.id] = question
    return tuple(questions.values())


def normalise(text: str) -> str:
    """Lower case, punctuation to spaces, articles dropped, white space collapsed."""
    words = re.sub(r"[^\w\s]|_", " ", text.lower())
    return " ".join(_ARTICLES.sub(" ", words).split())
