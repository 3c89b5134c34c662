"""Whether an answer may stand, and what is missing when it may not."""

from __future__ import annotations

from collections.abc import Sequence

from rag.asked import asks_for_several
from rag.compose import answer_messages, judge_messages
from rag.probe import Probe, probe_for
from rag.protocols import ChatModel, Introspective, Judge
from rag.settings import Settings
from rag.types import Passage, Quote
from rag.wording import content_words, stem

# Short questions about a rare name have a low cosine with long passages, so their words count as well.
_LEAST_SIMILARITY = 0.2
_LEAST_COVER = 0.5
# Where the best quote is less likely than this to state the answer, the second one is looked at too.
_CLEARLY = 0.7
# Where neither is likelier than this to state it, two more are: the sentence that answers may share few words with the
# question. Whoever looks more often finds more by chance, so they must be surer than others. (Of 83 answerable
# questions three more were answered, rightly, and none more of 76 unanswerable ones.)
_HARDLY = 0.3
_SURELY = 0.6
_YES_OR_NO = 'root ::= "Yes" | "No"'


def is_relevant(question: str, passages: Sequence[Passage]) -> bool:
    """Whether passages have anything to do with a question, by meaning or by its words.

    If not, no model is asked. A retriever that tells no similarity is trusted.
    """
    similar = [one.similarity for one in passages if one.similarity is not None]
    if not similar or max(similar) >= _LEAST_SIMILARITY:
        return bool(passages)
    asked = content_words(question)
    return any(
        len(asked & content_words(one.text)) >= _LEAST_COVER * len(asked) > 0 for one in passages
    )


def states_the_answer(
    model: ChatModel, question: str, quotes: Sequence[Quote], numbers: Sequence[int] | None = None
) -> float:
    """How likely the quotes of these numbers, by default all, state the answer to exactly a question, 0 to 1.

    By a probe of the model's hidden states before it begins to answer if there is one for it, else by its Yes; 0 or
    1 for a model that only tells its choice.
    """
    if (probe := _probe_of(model)) and isinstance(model, Introspective):
        messages = answer_messages(question, quotes, numbers)
        return probe.probability(model.hidden_states(messages, probe.layer))
    chosen = quotes if numbers is None else [quotes[number - 1] for number in numbers]
    messages = judge_messages(question, chosen)
    if isinstance(model, Judge):
        return model.yes_probability(messages)
    reply = "".join(model.stream(messages, grammar=_YES_OR_NO, max_tokens=2))
    return float(reply.strip() == "Yes")


def _probe_of(model: ChatModel) -> Probe | None:
    return probe_for(model.info) if isinstance(model, Introspective) else None


def prepare(model: ChatModel) -> None:
    """Have what is the same in every prompt read before the first question, if answers are judged by a probe."""
    if _probe_of(model):
        states_the_answer(model, "", ())


class Judgement:
    """What a model makes of the quotes for one question; none are judged twice."""

    def __init__(
        self, model: ChatModel, question: str, quotes: Sequence[Quote], settings: Settings
    ) -> None:
        """Nothing is asked yet."""
        self._settings = settings
        self._model = model
        self._question = question
        self._quotes = quotes
        self._known: dict[tuple[int, ...], float] = {}

    @property
    def every(self) -> tuple[int, ...]:
        """The numbers of all quotes."""
        return tuple(range(1, len(self._quotes) + 1))

    @property
    def strictness(self) -> float:
        """From which likelihood on an answer may stand."""
        return self._settings.refuse_below

    def confidence(self, numbers: Sequence[int]) -> float:
        """How likely the quotes of these numbers state the answer, as `states_the_answer` has it."""
        key = tuple(numbers)
        if key not in self._known:
            self._known[key] = states_the_answer(self._model, self._question, self._quotes, key)
        return self._known[key]

    @property
    def highest(self) -> float | None:
        """The best that came of all that was judged."""
        return max(self._known.values(), default=None)

    def to_read(self) -> Sequence[int]:
        """Which quotes to answer from, by number; none if no answer would stand.

        One alone where one may do: it is answered from sooner, and more rightly, since others distract a small model.
        The best one if it clearly states the answer, else the surer one of the first two; of the next two where those
        hardly do. All where an answer is put together. Without a probe all, unjudged.
        """
        if not _probe_of(self._model):
            return self.every
        if asks_for_several(self._question):
            return self.every if self.will_do(self.every) else ()
        chosen = self.every[:1]
        if self.confidence(chosen) < max(_CLEARLY, self.strictness):
            chosen = self._surest(self.every[:2])
        if self.confidence(chosen) < _HARDLY and self.every[2:]:
            further = self._surest(self.every[2:4])
            chosen = further if self.confidence(further) >= _SURELY else chosen
        return chosen if self.will_do(chosen) else ()

    def _surest(self, numbers: Sequence[int]) -> tuple[int, ...]:
        return max(((number,) for number in numbers), key=self.confidence)

    def will_do(self, numbers: Sequence[int]) -> bool:
        """Whether an answer from the quotes of these numbers may stand."""
        return self.confidence(numbers) >= self.strictness

    def of_answer(self, read: Sequence[int], cited: Sequence[int]) -> float:
        """How likely an answer is one to this question.

        As likely as the quote that was ``read`` for it was to state it. But what is written from several goes astray
        more often: there, as where nothing was judged before, the quotes that are ``cited`` must state it.
        """
        return self.confidence(cited if len(read) > 1 else read)


def missing_from(question: str, passages: Sequence[Passage]) -> str:
    """What the sources would have to say for the question to be answered."""
    if not passages:
        return "No document matches the question and its filters."
    found = content_words(" ".join(passage.text for passage in passages))
    words = dict.fromkeys(word.strip("\"'“”‘’?!.,;:()") for word in question.split())
    absent = [
        word for word in words if content_words(word) - found and stem(word.lower()) not in found
    ]
    documents = len({passage.document.id for passage in passages})
    sources = "the one document" if documents == 1 else f"any of the {documents} documents"
    if absent:
        return f"Nothing about {_listed(absent)} was found in {sources} nearest to the question."
    return (
        f"The words of the question occur in {sources} nearest to it, but no sentence there states "
        "what was asked."
    )


def _listed(words: Sequence[str]) -> str:
    quoted = [f"“{word}”" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
