"""Whether gold questions fit the documents that they are asked of."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import PurePosixPath

from rag.evaluate.corpus import file_name
from rag.gold import GoldQuestion
from rag.lines import SHOWN, Problem
from rag.types import Document


def check_against(
    questions: Iterable[GoldQuestion],
    documents: Iterable[Document],
    *,
    lines: Mapping[str, int] | None = None,
) -> list[Problem]:
    """What the questions say about documents that is not so.

    Args:
        questions: What to check.
        documents: Everything that is indexed.
        lines: The line of each question by its id, as `rag.gold.GoldFile` has them.

    Returns:
        A problem for each name that stands for no document and each context that occurs in none (white space
        may differ), in the order of the questions.
    """
    return fit_to(questions, documents, lines=lines)[1]


def fit_to(
    questions: Iterable[GoldQuestion],
    documents: Iterable[Document],
    *,
    lines: Mapping[str, int] | None = None,
) -> tuple[tuple[GoldQuestion, ...], list[Problem]]:
    """The questions without what `check_against` finds, and what it finds.

    A question that can be answered, but only from documents or contexts that are not there, is left out whole.
    """
    library = _Library(documents)
    kept, problems = [], []
    for question in questions:
        names, contexts, reasons = _compare(question, library)
        lost = question.answerable and bool(reasons) and not (names or contexts)
        if not lost:
            found = {"reference_context_ids": names, "reference_contexts": contexts}
            kept.append(question.model_copy(update=found) if reasons else question)
        line = (lines or {}).get(question.id)
        problems += [
            Problem(reason=reason, line=line, id=question.id, mended=not lost) for reason in reasons
        ]
    return tuple(kept), problems


def _compare(
    question: GoldQuestion, library: _Library
) -> tuple[tuple[str, ...], tuple[str, ...], list[str]]:
    """The names and contexts that are there, and what to say of the others."""
    names, contexts, reasons = [], [], []
    texts: list[str] = []
    for name in question.reference_context_ids:
        if found := library.named(name):
            names.append(name)
            texts += found
        else:
            reasons.append(
                f'reference_context_ids: no indexed document is called "{_short(name)}"'
                f"{library.closest(name)}. Correct it, or ingest the document."
            )
    for context in question.reference_contexts:
        words = " ".join(context.split())
        if words and (any(words in text for text in texts) or library.holds(words)):
            contexts.append(context)
        elif words:
            reasons.append(
                f'reference_contexts: "{_short(words)}" occurs in no indexed document. '
                "Copy it word for word, or ingest the document."
            )
        else:
            reasons.append("reference_contexts: one is empty. Remove it.")
    return tuple(names), tuple(contexts), list(dict.fromkeys(reasons))


class _Library:
    """The texts with white space as single spaces, by everything that a document may be called."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._names: dict[str, list[str]] = {}
        texts = []
        for document in documents:
            text = " ".join(document.text.split())
            texts.append(text)
            file = PurePosixPath(document.source).name
            for name in dict.fromkeys((document.id, document.source, file)):
                self._names.setdefault(name, []).append(text)
        # One search through everything is far quicker than one for each; no context has a line break.
        self._all = "\n".join(texts)
        self._held: dict[str, bool] = {}
        self._near: dict[str, str] = {}

    def named(self, name: str) -> Sequence[str]:
        """The texts of the documents that are called so."""
        return self._names.get(name, ())

    def holds(self, words: str) -> bool:
        """Whether some document says so."""
        if words not in self._held:
            self._held[words] = words in self._all
        return self._held[words]

    def closest(self, name: str) -> str:
        """``(closest: "that")`` after a space, or nothing."""
        if name not in self._near:
            same = next(
                (one for one in (file_name(name), f"{name}.md") if one in self._names), None
            )
            # Comparing with every name is slow, and no more are shown anyhow.
            if same is None and len(self._near) < SHOWN:
                same = next(iter(get_close_matches(name, self._names, n=1)), None)
            self._near[name] = f' (closest: "{same}")' if same else ""
        return self._near[name]


def _short(text: str) -> str:
    return textwrap.shorten(text, 80, placeholder=" …") if " " in text else text[:200]
