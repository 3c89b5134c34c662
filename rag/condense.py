"""A question that leans on the conversation into one that stands alone."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence

from rag.compose import one_line
from rag.prompts import render
from rag.protocols import ChatModel
from rag.split import sentence_texts
from rag.types import REFUSAL, Message, Turn

# More history costs seconds and rarely decides what "it" means.
_TURNS = 2
_ANSWER_CHARS = 400
_MAX_TOKENS = 64
_GRAMMAR = 'root ::= [^\\n?]{3,240} "?"\n'
# Words that point back, and openings that continue: such a question cannot be searched as it is.
_POINTS_BACK = re.compile(
    r"\b(?:he|she|it|its|they|them|their|theirs|him|his|her|hers|this|that|these|those|there|then|one|ones|"
    r"former|latter|same|such|else|instead)\b",
    re.IGNORECASE,
)
_CONTINUES = re.compile(
    r"^(?:and|but|or|so|also|what about|how about|how so|since when)\b", re.IGNORECASE
)
# "Why did the talks in the port fail?" does too; with a name it says of whom.
_ASKS_WHY = re.compile(r"^(?i:why)\b(?!.* [A-Z])")
_SHORT_WORDS = 5
# "Who founded Norwin?" is short and whole, "Where in Gdansk?" is not.
_SHORT_AND_WHOLE = re.compile(
    r"^(?i:is|are|was|were|do|does|did|has|have|had|can|will|\w+ (?!in\b|at\b|to\b|from\b|of\b|for\b|by\b|with\b)\w+) "
    r"(?:.* )?[A-Z]"
)
_MARKER = re.compile(r"\s*\[\d+\]")
_SAID_CHARS = 160


def leans_on_history(question: str) -> bool:
    """Whether the words of a question suggest that it cannot be understood alone."""
    words = question.split()
    return bool(
        (len(words) < _SHORT_WORDS and not _SHORT_AND_WHOLE.match(question))
        or any(one.search(question) for one in (_POINTS_BACK, _CONTINUES, _ASKS_WHY))
    )


def spell_out_history(question: str, history: Sequence[Turn]) -> str:
    """The question with the one before it in front, if it leans on that: what is done without a model."""
    if not history or not leans_on_history(question):
        return question
    return f"{one_line(history[-1].question)} {question}"


def condense(question: str, history: Sequence[Turn], model: ChatModel) -> Generator[str, None, str]:
    """Rewrite a question with what the last turns supply; a generator whose return value is the result.

    It yields nothing but empty pieces, so that the caller can stop it. The question is returned as it is
    when there is no history or the question does not lean on it; if the model only repeats a question, what was asked
    and said before is put in front.
    """
    if not history or not leans_on_history(question):
        return question
    reply = ""
    for piece in model.stream(
        _messages(question, history), grammar=_GRAMMAR, max_tokens=_MAX_TOKENS
    ):
        reply += piece
        yield ""
    rewritten = reply.strip()
    useless = ("", one_line(question).lower(), one_line(history[-1].question).lower())
    if rewritten.lower() in useless:
        # The model put nothing in, or lost what is new.
        said = "" if _CONTINUES.match(question) else _said(history[-1].answer)
        return one_line(f"{history[-1].question} {said} {question}")
    return rewritten


def _said(answer: str) -> str:
    """The first sentence of an answer, which "that" points to; nothing if it was none."""
    first = next(iter(sentence_texts(_MARKER.sub("", one_line(answer)))), "")
    return "" if first == REFUSAL or len(first) > _SAID_CHARS else first


def _messages(question: str, history: Sequence[Turn]) -> list[Message]:
    turns = "\n".join(
        f"Q: {one_line(turn.question)}\nA: {one_line(turn.answer)[:_ANSWER_CHARS]}"
        for turn in history[-_TURNS:]
    )
    return render("condense", history=turns, question=one_line(question))
