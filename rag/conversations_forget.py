"""A record of an answer without what it took from documents that have been removed.

Fields keep their names and kinds, so that whoever shows a record shows what is left of it: a quote or sentence that is
erased has empty words and ``"removed": true``. Where it cannot be told whose words a text holds, it goes: sentences of
the model that did not pass, and fields that this module does not know. What the person asked stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from rag.types import REFUSAL

# What no document has any part in.
_OWN = frozenset(
    "question standalone_question refused refusal_reason missing confidence timings tokens model".split()
)
_OWN_OF_RECORD = frozenset(
    "version asked_at versions settings prompts embedder filters history".split()
)
_OF_CLAIM = frozenset("text supported support citations removed".split())
_OWN_OF_PAGE = frozenset("error replaced stage_seconds".split())
# In place of what a search was narrowed to, in words: it may name documents.
_SCOPE = "something that has been removed in part"


def mentioned(record: Mapping[str, Any]) -> set[str]:
    """Ids of all documents that a record holds anything about, names that its search was narrowed to among them."""
    kept = record.get("record")
    filters = kept.get("filters") if isinstance(kept, Mapping) else None
    found = {
        one
        for value in (filters.values() if isinstance(filters, Mapping) else ())
        if isinstance(value, list | tuple)
        for one in value
        if isinstance(one, str)
    }
    _collect(record, found)
    return found


def answer_words(record: Mapping[str, Any]) -> str:
    """What the answer says, to be searched: sentences and disagreements; nothing of a refusal."""
    if record.get("refused"):
        return ""
    differing = (one.get("text", "") for one in record.get("disagreements", ()))
    return "\n".join((*sentences_of(record), *differing))


def sentences_of(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The sentences of the answer."""
    return tuple(text for claim in record.get("claims", ()) if (text := claim.get("text")))


def answers_of(records: Iterable[Mapping[str, Any]]) -> set[str]:
    """What answers say, in the forms in which later questions are asked with them."""
    forms = {REFUSAL}
    for record in records:
        forms |= {_even(" ".join(sentences_of(record))), _even(record.get("answer", ""))}
    return forms


def without_documents(record: Mapping[str, Any], gone: Collection[str]) -> dict[str, Any]:
    """The record without the words of some documents.

    Args:
        record: Of an exchange that mentions one of them.
        gone: Ids of the documents.
    """
    numbers = {
        one["number"]
        for one in _all_citations(record)
        if one.get("document_id") in gone and "number" in one
    }
    kept = record.get("record")
    page = record.get("page")
    shown: dict[str, Any] = {
        name: value if name in _OWN else _wordless(value) for name, value in record.items()
    }
    known: dict[str, Any] = {
        "claims": [_claim(one, numbers) for one in record.get("claims", ())],
        "dropped": [_no_claim(one) for one in record.get("dropped", ())],
        "citations": _citations(record.get("citations", ()), gone),
        "passages": _others(record.get("passages", ()), gone),
        "disagreements": [_disagreement(one, gone) for one in record.get("disagreements", ())],
        "flagged": [one for one in record.get("flagged", ()) if one not in gone],
        "record": _circumstances(kept, gone) if isinstance(kept, Mapping) else kept,
        "page": _page(page, gone) if isinstance(page, Mapping) else page,
    }
    shown |= {name: value for name, value in known.items() if name in record}
    if "answer" in record:
        shown["answer"] = _answer(shown)
    if record.get("as_of"):
        shown["as_of"] = _as_of(shown)
    return shown


def without_unsaid(record: Mapping[str, Any], said: Collection[str]) -> dict[str, Any]:
    """The record without earlier answers that are not what the conversation holds by now.

    With such an answer goes what may repeat it: the question as it was rewritten with it, what a refusal says is
    missing, and sentences that did not pass.

    Args:
        record: Of any exchange of a conversation from which something was erased.
        said: All that its answers still say, see `answers_of`.
    """
    kept = record.get("record")
    history = kept.get("history", ()) if isinstance(kept, Mapping) else ()
    told = [(answer := _even(turn.get("answer", ""))) in said or not answer for turn in history]
    if all(told) or not isinstance(kept, Mapping):
        return dict(record)
    turns = [
        turn if known else {**turn, "answer": ""} for turn, known in zip(history, told, strict=True)
    ]
    shown = {**record, "record": {**kept, "history": turns}}
    if record.get("standalone_question") not in (None, record.get("question")):
        shown["standalone_question"] = record.get("question", "")
        shown["missing"] = None
        shown["dropped"] = [_no_claim(one) for one in record.get("dropped", ())]
    return shown


def _claim(claim: Mapping[str, Any], gone: Iterable[int]) -> dict[str, Any]:
    if not set(gone) & set(claim.get("citations", ())):
        return {name: value for name, value in claim.items() if name in _OF_CLAIM}
    return _no_claim(claim)


def _no_claim(claim: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in claim.items() if name in _OF_CLAIM}
    return {**kept, "text": "", "removed": True}


def _citations(
    citations: Iterable[Mapping[str, Any]], gone: Collection[str]
) -> list[dict[str, Any]]:
    return [_citation(one, gone) for one in citations]


def _citation(citation: Mapping[str, Any], gone: Collection[str]) -> dict[str, Any]:
    also_in = [one for one in citation.get("also_in", ()) if one not in gone]
    if citation.get("document_id") not in gone:
        return {**citation, "also_in": also_in}
    kept = {name: citation[name] for name in ("number", "document_id") if name in citation}
    return {**_wordless(citation), **kept, "also_in": also_in, "removed": True}


def _disagreement(disagreement: Mapping[str, Any], gone: Collection[str]) -> dict[str, Any]:
    citations = disagreement.get("citations", ())
    erased = {**disagreement, "citations": _citations(citations, gone)}
    if any(one.get("document_id") in gone for one in citations):
        erased |= {"about": "", "text": "", "removed": True}
    return erased


def _circumstances(kept: Mapping[str, Any], gone: Collection[str]) -> dict[str, Any]:
    """What it was made with; documents are named in it, and file names may tell much."""
    shown = {
        name: value if name in _OWN_OF_RECORD else _wordless(value) for name, value in kept.items()
    }
    known = {
        "retrieved": _others(kept.get("retrieved", ()), gone),
        "also_cited": _citations(kept.get("also_cited", ()), gone),
        "filters": _filters(kept, gone),
    }
    return {**shown, **{name: value for name, value in known.items() if name in kept}}


def _filters(kept: Mapping[str, Any], gone: Collection[str]) -> Any:
    """A search may have been narrowed to a document that is gone."""
    filters = kept.get("filters")
    if not isinstance(filters, Mapping):
        return filters
    names = set(gone) | {
        name
        for one in kept.get("retrieved", ())
        if one.get("document_id") in gone
        for name in [one.get("source")]
    }
    return {
        name: [one for one in value if one not in names] if isinstance(value, list) else value
        for name, value in filters.items()
    }


def _page(page: Mapping[str, Any], gone: Collection[str]) -> dict[str, Any]:
    """What the page knew besides: where the quotes stood that were offered, and text that was never checked."""
    shown = {
        name: value if name in _OWN_OF_PAGE else _wordless(value) for name, value in page.items()
    }
    if page.get("scope"):
        shown["scope"] = _SCOPE
    if "offered" in page:
        places = ("document_id", "also_in")
        shown["offered"] = [
            {name: value if name in places else _wordless(value) for name, value in one.items()}
            for one in _others(page["offered"], gone)
        ]
    return shown


def _others(rows: Iterable[Mapping[str, Any]], gone: Collection[str]) -> list[dict[str, Any]]:
    """Rows about other documents."""
    return [
        {**one, "also_in": [name for name in one["also_in"] if name not in gone]}
        if "also_in" in one
        else dict(one)
        for one in rows
        if one.get("document_id") not in gone
    ]


def _answer(record: Mapping[str, Any]) -> str:
    """The answer in one line with its markers, of what is left."""
    if record.get("refused"):
        return REFUSAL
    claims = (
        _marked(claim["text"], claim.get("citations", ()))
        for claim in record.get("claims", ())
        if claim.get("text")
    )
    differing = (one["text"] for one in record.get("disagreements", ()) if one.get("text"))
    return " ".join((*claims, *differing))


def _marked(text: str, numbers: Sequence[int]) -> str:
    end = len(text.rstrip(".!?"))
    markers = "".join(f"[{number}]" for number in numbers)
    return f"{text[:end]} {markers}{text[end:]}" if markers else text


def _as_of(record: Mapping[str, Any]) -> str | None:
    """The newest day that a document still cited states."""
    cited = {
        number
        for claim in record.get("claims", ())
        if claim.get("text")
        for number in claim.get("citations", ())
    }
    days = (
        one.get("published")
        for one in record.get("citations", ())
        if one.get("number") in cited and one.get("published_from") != "mtime"
    )
    return max(filter(None, days), default=None)


def _all_citations(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    kept = record.get("record")
    also = kept.get("also_cited", ()) if isinstance(kept, Mapping) else ()
    differing = (one.get("citations", ()) for one in record.get("disagreements", ()))
    return [
        *record.get("citations", ()),
        *also,
        *(citation for citations in differing for citation in citations),
    ]


def _even(text: str) -> str:
    return " ".join(text.split())


def _wordless(value: Any) -> Any:
    """A JSON value with all texts in it empty."""
    if isinstance(value, str):
        return ""
    if isinstance(value, Mapping):
        return {name: _wordless(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_wordless(one) for one in value]
    return value


def _collect(value: Any, found: set[str]) -> None:
    if isinstance(value, Mapping):
        for name, one in value.items():
            if name == "document_id" and isinstance(one, str):
                found.update(() if value.get("removed") else (one,))
            elif name in ("also_in", "flagged") and isinstance(one, list | tuple):
                found.update(name for name in one if isinstance(name, str))
            else:
                _collect(one, found)
    elif isinstance(value, list | tuple):
        for one in value:
            _collect(one, found)
