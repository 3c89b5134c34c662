"""Gold questions drafted from documents: the model proposes, code and the model as judge decide, a person reviews.

A draft rests on one sentence. What the model writes is kept only if the answer stands in that sentence word for
word, the question can be understood by someone who has not seen it, and the model, asked again, finds that the
sentence answers it. Questions made from a sentence are easier than those that people ask: drafts save typing,
they do not take the place of people's questions.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence

from rag.asked import gives_what_is_asked
from rag.check import support_of
from rag.compose import judge_messages, may_head, one_line
from rag.dates import stated_day
from rag.draft_answers import MAX_ANSWER_WORDS
from rag.draft_sentences import Candidate, Sentences, has_unnamed_person, names, pick_sentences
from rag.gold import GoldQuestion, normalise
from rag.prompts import render
from rag.protocols import ChatModel, Judge
from rag.relative import resolve_dates
from rag.split import Span
from rag.types import Document, Message, Quote
from rag.wording import content_words, count_words

#: ``on_drop(id, reason)``: a sentence that gave no draft.
OnDrop = Callable[[str, str], None]

_MAX_TOKENS = 96
_REPLY = re.compile(r"Answer:\s*(?P<answer>[^\n]+)\nQuestion:\s*(?P<question>[^\n?]+\?)")
_LEAST_YES = 0.7
# The same sentence in more documents than this is a disclaimer or a button, not news.
_MAX_COPIES = 3
_MAX_ANSWER_SHARE = 0.6
_MIN_ASKED_WORDS = 2
_MIN_UNNAMED_WORDS = 4
_SAME_WORDS = 0.75
_MIN_HELD = 0.5
_LEANING = re.compile(
    r"\b(?:the|that|given|above|following) (?:\w+ )?(?:article|text|passage|sentence|document|paragraph|excerpt|"
    r"context|statement|quote|author|writer|speaker|story|report|piece)s?\b|"
    r"\b(?:this|these|those|here|mentioned|aforementioned|i|we|you|my|our|your)\b",
    re.IGNORECASE,
)
_FROM_TODAY = re.compile(
    r"\b(?:yesterday|today|tomorrow|currently|now|recent(?:ly)?|ago|(?:last|next|this|previous|on) (?:\w+day|week|"
    r"month|year|january|february|march|april|may|june|july|august|september|october|november|december))\b"
    r"(?! \d{4})",
    re.IGNORECASE,
)
_ASKS_DATE = re.compile(
    r"^(?:since |until |by )?when\b|\b(?:what|which) (?:\w+ )?(?:day|date|month|year|century|decade)\b",
    re.IGNORECASE,
)
_LIST = re.compile(r"[^,;]+(?:,[^,;]+)+,? (?:and|or) [^,;]+")
_EDGES = ' \t.,;:!?"“”„«»()[]'


def draft_gold(
    documents: Sequence[Document],
    model: ChatModel,
    *,
    count: int = 20,
    seed: int = 0,
    sentences: Sentences | None = None,
    earlier: Sequence[GoldQuestion] = (),
    skip: Collection[str] = (),
    on_drop: OnDrop | None = None,
) -> Iterator[GoldQuestion]:
    """Draft gold questions, unreviewed, one at a time, until there are ``count`` or no sentence is left.

    Args:
        documents: What to ask about; the drafts are spread evenly over them.
        model: Writes the questions; if it is a `Judge`, it is also asked whether the sentence answers them.
        count: How many to draft.
        seed: Which sentences come first.
        sentences: The sentences of a document; by default they are split as ingest does.
        earlier: Questions that exist: neither they nor their contexts are drafted again.
        skip: Ids of drafts that are not to be tried.
        on_drop: Called with the id and the reason for every sentence that gave no draft.
    """
    known = list(earlier)
    contexts = {one_line(text) for question in known for text in question.reference_contexts}
    tried = {*skip, *(question.id for question in known)}
    named = Counter(document.source for document in documents)
    left = count
    candidates = pick_sentences(documents, seed=seed, sentences=sentences)
    while left > 0 and (candidate := next(candidates, None)):
        text = one_line(candidate.text)
        if candidate.id in tried or text in contexts:
            continue
        holders = [one for one in documents if candidate.text in one.text]
        if len(holders) > _MAX_COPIES:
            continue
        contexts.add(text)
        reply = model.stream(
            draft_messages(candidate), grammar=draft_grammar(candidate), max_tokens=_MAX_TOKENS
        )
        draft = read_reply("".join(reply), candidate, known)
        if isinstance(draft, GoldQuestion) and isinstance(model, Judge):
            yes = model.yes_probability(judge_messages(draft.user_input, [_quote(candidate)]))
            draft = draft if yes >= _LEAST_YES else "the sentence does not answer it"
        if isinstance(draft, str):
            if on_drop:
                on_drop(candidate.id, draft)
            continue
        sources = [one.source if named[one.source] == 1 else one.id for one in holders]
        draft = draft.model_copy(update={"reference_context_ids": tuple(sources)})
        known.append(draft)
        left -= 1
        yield draft


def draft_messages(candidate: Candidate) -> list[Message]:
    """The prompt. Everything before the last message is the same for every sentence."""
    published = stated_day(candidate.document)
    title = one_line(candidate.document.title)
    return render(
        "draft",
        title=title if may_head(candidate.document, title) else "",
        date=f"{published.day} {published:%B %Y}" if published else "unknown",
        sentence=one_line(candidate.text),
        answer=candidate.answer,
    )


def draft_grammar(candidate: Candidate) -> str:
    """GBNF: a line with the words to ask for, and a line with one question."""
    answer = candidate.answer.replace("\\", "\\\\").replace('"', '\\"')
    return (
        f'root ::= "Answer: {answer}\\nQuestion: " question\n'
        'question ::= [A-Z] [^?\\n]{8,200} "?"\n'
    )


def read_reply(
    reply: str, candidate: Candidate, known: Sequence[GoldQuestion] = ()
) -> GoldQuestion | str:
    """The draft that a reply makes, or the reason why it makes none."""
    match = _REPLY.fullmatch(reply.strip())
    if match is None:
        return "no question and answer"
    question, text = one_line(match["question"]), candidate.text
    found = find_answer(match["answer"].strip(_EDGES), text)
    if found is None:
        return "the answer is not in the sentence"
    answer = one_line(text[found.start : found.end])
    problem = _problem(question, answer, candidate)
    if problem is None and any(_repeats(question, one.user_input) for one in known):
        problem = "asked already"
    days = [
        day.label
        for day in resolve_dates(text, stated_day(candidate.document))
        if day.start < found.end and found.start < day.end
    ]
    if problem is None and not days and _FROM_TODAY.search(answer):
        problem = "the answer is a date that cannot be placed"
    return problem or GoldQuestion(
        id=candidate.id,
        user_input=question,
        reference=_in_full(answer, days),
        references=(answer, *days),
        answerable=True,
        reference_context_ids=(candidate.document.source,),
        reference_contexts=(text,),
        qtype=guess_qtype(question, answer),
        reviewed=False,
    )


def guess_qtype(question: str, answer: str) -> str:
    """``date``, ``list`` or ``fact``."""
    if _ASKS_DATE.search(question):
        return "date"
    return "list" if _LIST.fullmatch(answer) else "fact"


def find_answer(answer: str, text: str) -> Span | None:
    """Where whole words of a text are an answer; case, white space and the kind of apostrophe don't matter."""
    words = [re.sub(r"['’‘`´]", "['’‘`´]", re.escape(word)) for word in answer.split()]
    pattern = r"\s+".join(words)
    match = re.search(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE) if words else None
    return Span(match.start(), match.end()) if match else None


def _in_full(answer: str, days: Sequence[str]) -> str:
    """An answer with the calendar days that its relative ones stand for."""
    if len(days) == 1 and answer in days[0]:
        return days[0]
    return f"{answer} ({', '.join(days)})" if days else answer


def _problem(question: str, answer: str, candidate: Candidate) -> str | None:
    """What is wrong with a question for this answer, if anything."""
    words = count_words(answer)
    if words > min(MAX_ANSWER_WORDS, _MAX_ANSWER_SHARE * count_words(candidate.text)):
        return "the answer is too long"
    # The second also when there is no word of weight in the answer.
    if f" {normalise(answer)} " in f" {normalise(question)} " or (
        content_words(answer) <= content_words(question)
    ):
        return "the question gives the answer away"
    if _LEANING.search(question) or _FROM_TODAY.search(question) or has_unnamed_person(question):
        return "the question leans on the text"
    named = names(question) or re.search(r"\d", question)
    if len(content_words(question)) < (_MIN_ASKED_WORDS if named else _MIN_UNNAMED_WORDS):
        return "the question is vague"
    if support_of(question, [_quote(candidate)], candidate.document.title) == 0.0:
        return "the question names what the text does not"
    # Small models like to ask for what they know of the matter, or what the title says.
    held = content_words(question) & content_words(candidate.text)
    if len(held) < _MIN_HELD * len(content_words(question)):
        return "the question is not about the sentence"
    if not gives_what_is_asked(question, answer):
        return "the answer is of another kind"
    return None


def _repeats(question: str, earlier: str) -> bool:
    """Whether two questions consist of nearly the same words."""
    one, other = content_words(question), content_words(earlier)
    return len(one & other) >= _SAME_WORDS * len(one | other)


def _quote(candidate: Candidate) -> Quote:
    span = candidate.span
    return Quote(document=candidate.document, start=span.start, end=span.end)
