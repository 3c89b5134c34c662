"""Quotes and a question into a prompt, and the model's reply back into sentences with their markers."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from rag.dates import stated_day
from rag.defined import defined_terms, named_at_the_top
from rag.headings import heading_above
from rag.instructions import find_instructions
from rag.prompts import render
from rag.protocols import ChatModel
from rag.relative import put_date, spell_out
from rag.split import sentence_texts
from rag.types import Document, Message, Quote, TokenCounts
from rag.wording import content_words

MAX_CLAIMS = 3
# Longer ones are no titles or headings, and cost reading time.
_TITLE_CHARS = 100

_CLAIM = re.compile(r"(?P<text>[^\[\]]*?)\s*(?P<markers>(?:\[\d+\]\s*)+)(?P<end>[.!?]*)")
_NUMBER = re.compile(r"\[(\d+)\]")
_BRACKETS = str.maketrans("[]", "()")


@dataclass(frozen=True, slots=True)
class Draft:
    """One sentence as the model wrote it, and the numbers it put behind it."""

    text: str
    numbers: tuple[int, ...]


def answer_messages(
    question: str, quotes: Sequence[Quote], numbers: Collection[int] | None = None
) -> list[Message]:
    """The prompt, with the quotes of these numbers, by default all. Before the last message it is always the same.

    The best quote comes last, next to the question: a small model goes by what it has just read. (Of
    36 development questions three that were wrong with the best one first came right, one went wrong.)
    """
    lines = [
        format_quote(number, quote, question)
        for number, quote in enumerate(quotes, 1)
        if numbers is None or number in numbers
    ]
    return render(
        "answer",
        quotes="\n".join(reversed(lines)),
        question=one_line(question),
    )


def judge_messages(question: str, quotes: Sequence[Quote]) -> list[Message]:
    """Whether quotes state the answer to exactly this question.

    What was answered is left out: shown an answer, a small model takes its word for it. (Of 145 development
    questions right answers were told from the rest with AUROC .77 without it and .71 with it.)
    """
    text = " ".join(read_as(quote, question) for quote in quotes)
    return render("judge", text=text, question=one_line(question))


def count_exchange(model: ChatModel, messages: Sequence[Message], reply: str) -> TokenCounts:
    """How much a model read and wrote, without what its template adds."""
    prompt = sum(model.count_tokens(message["content"]) for message in messages)
    return TokenCounts(prompt=prompt, answer=model.count_tokens(reply))


def format_quote(number: int, quote: Quote, question: str = "") -> str:
    """``[n] day, “title”, “heading”: text`` on one line; square brackets in it become round, so it has no markers."""
    return f"[{number}] {read_as(quote, question).translate(_BRACKETS)}"


def read_as(quote: Quote, question: str = "") -> str:
    """A quote as the model reads it: its day, then its words with relative dates spelled out.

    Where the question has a word that only the document's title says, or the heading they stand under, or who was
    given a term ("Joana Pires (the Employee)") or is named at the top ("Patient: Irene Falk"), that goes before them:
    "The flight back is at seven" alone does not say whether it is the one from Lisbon.
    """
    return _headed(quote, question, spell_out)


def retold(quote: Quote, question: str = "") -> str:
    """The same with a date itself in place of the relative one, as an answer may put it."""
    return _headed(quote, question, put_date)


def _headed(quote: Quote, question: str, dates: Callable[[str, date | None], str]) -> str:
    published = stated_day(quote.document)
    day = f"{published:%A} {published.day} {published:%B %Y}" if published else "undated"
    headed = "".join(f", “{one}”" for one in _headings(quote, question))
    return f"{day}{headed}: {one_line(dates(quote.text, published))}"


def _headings(quote: Quote, question: str) -> Iterator[str]:
    """The title, the heading and who is meant, as far as only they say a word of the question."""
    document = quote.document
    # What ends so is the beginning of a text without a title.
    titled = not document.title.endswith("…")
    under = heading_above(document.text, quote.start)
    heads = (
        document.title if titled else "",
        document.text[under.start : under.end].lstrip("# ") if under else "",
        *defined_terms(document.text, quote.text),
        *named_at_the_top(document.text),
    )
    missing = content_words(question) - content_words(quote.text)
    for head in map(one_line, heads):
        if missing & content_words(head) and may_head(document, head):
            missing -= content_words(head)
            yield head


def may_head(document: Document, head: str) -> bool:
    """Whether a title or heading of a document may stand in a prompt: it is short and speaks to no software."""
    if len(head) > _TITLE_CHARS or find_instructions(head):
        return False
    return not any(head in one for one in _speaking_to_software(document.text))


@lru_cache(maxsize=64)
def _speaking_to_software(text: str) -> tuple[str, ...]:
    return tuple(one_line(text[one.start : one.end]) for one in find_instructions(text))


def answer_grammar(numbers: Iterable[int]) -> str:
    """GBNF: up to `MAX_CLAIMS` sentences, each ended by markers with one of these numbers."""
    allowed = " | ".join(f'"{number}"' for number in numbers)
    return (
        f'root ::= claim (" " claim){{0,{MAX_CLAIMS - 1}}}\n'
        'claim ::= first rest " " marker (marker)? "."\n'
        "first ::= [^\\[\\]\\n ]\n"
        "rest ::= [^\\[\\]\\n]{8,400}\n"
        f'marker ::= "[" ({allowed}) "]"\n'
    )


def parse_reply(reply: str) -> list[Draft]:
    """Sentences with their markers; several before one marker share it.

    Text that no marker follows has no support and is left out.
    """
    drafts = []
    for match in _CLAIM.finditer(reply):
        text = match["text"].lstrip(" .").strip()
        numbers = tuple(dict.fromkeys(int(one) for one in _NUMBER.findall(match["markers"])))
        drafts += [
            Draft(one if one[-1] in ".!?" else f"{one}.", numbers) for one in sentence_texts(text)
        ]
    return drafts


def one_line(text: str) -> str:
    """All white space as single spaces."""
    return " ".join(text.split())
