"""Whether an answer may stand, and what is missing when it may not."""

from __future__ import annotations

from collections.abc import Sequence

from rag.asked import asks_for_several
from rag.compose import judge_messages
from rag.probe import probe_for
from rag.protocols import ChatModel, Introspective, Judge
from rag.settings import Settings
from rag.types import Passage, Quote
from rag.wording import content_words, stem

# Short questions about a rare name have a low cosine with long passages, so their words count as well.
_LEAST_SIMILARITY = 0.2
_LEAST_COVER = 0.5
# From this confidence in the best quote on it is enough; below this one the others hold nothing either, for all but one
# or two of a hundred answerable questions.
_SURELY = 0.7
_SURELY_NOT = 0.05
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


def states_the_answer(model: ChatModel, question: str, quotes: Sequence[Quote]) -> float:
    """How likely quotes state the answer to exactly a question, 0 to 1, as far as the model can tell.

    By a probe of its hidden state if there is one for it, else by its Yes; 0 or 1 for a model that only tells its
    choice.
    """
    messages = judge_messages(question, quotes)
    if isinstance(model, Introspective) and (probe := probe_for(model.info)):
        return probe.probability(model.hidden_state(messages, probe.layer))
    if isinstance(model, Judge):
        return model.yes_probability(messages)
    reply = "".join(model.stream(messages, grammar=_YES_OR_NO, max_tokens=2))
    return float(reply.strip() == "Yes")


class Judgement:
    """What a model makes of quotes for one question; nothing is read to it twice."""

    def __init__(self, model: ChatModel, question: str, settings: Settings) -> None:
        """Nothing is asked yet."""
        self._settings = settings
        self._model = model
        self._question = question
        self._known: dict[tuple[Quote, ...], float] = {}

    def confidence(self, quotes: Sequence[Quote]) -> float:
        """How likely they state the answer, as `states_the_answer` has it."""
        key = tuple(quotes)
        if key not in self._known:
            self._known[key] = states_the_answer(self._model, self._question, key)
        return self._known[key]

    def to_read(self, quotes: Sequence[Quote]) -> Sequence[Quote]:
        """Which quotes to answer from: the best alone if it surely states the answer, none if it surely does not.

        Alone it is answered from sooner, and no less rightly: others distract a small model. All are read where one
        may not be enough, and where no probe makes confidence a ground for anything.
        """
        if (
            len(quotes) < 2
            or probe_for(self._model.info) is None
            or asks_for_several(self._question)
        ):
            return quotes
        confidence = self.confidence(quotes[:1])
        if confidence < min(_SURELY_NOT, self._settings.refuse_below):
            return ()
        return quotes[:1] if confidence >= max(_SURELY, self._settings.refuse_below) else quotes


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
