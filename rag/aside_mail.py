"""Front matter, and the machinery around the words of a mail: its headers, its parts, the signature below ``--``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.aside_layout import Aside, Line

_FRONT_MATTER = re.compile(
    r"\A\ufeff?(---|\+\+\+)[ \t]*\r?\n(?=[\w-]+[ \t]*[:=])[\s\S]{0,8000}?\n\1[ \t]*(?=\r?\n|\Z)"
)
_FIELD = re.compile(
    r"(?:From|To|Cc|Bcc|Date|Sent|Reply-To|Sender|Message-ID|In-Reply-To|References|MIME-Version|Content-[\w-]+|"
    r"X-[\w-]+|Received|Return-Path|Delivered-To|Importance|DKIM-Signature|Von|An|Gesendet|Datum|De|À|Envoyé)[ \t]*:|"
    r"(?P<subject>(?:Subject|Betreff|Objet)[ \t]*:)"
)
_SENDER = re.compile(r"(?:From|Von|De)[ \t]*:")
# Header fields of a part, the line between parts, what quoted-printable leaves on a line of its own.
_MACHINERY = re.compile(
    r"(?:MIME-Version|Content-(?:Type|Transfer-Encoding|Disposition|ID))[ \t]*:.*|--[\w=.'+/-]{16,}|(?:=[0-9A-F]{2})+=?"
)
# What a program writes above the mail that is answered, and the mark before its lines.
_WROTE = re.compile(
    r"(?:>[ \t]*)*(?:On|Am|Le|El)[ \t].{4,120}(?:wrote|writes|schrieb.{0,60}|a écrit|escribió)[ \t]*:[ \t]*"
)
_QUOTED = re.compile(r">.*")
_MIN_FIELDS = 3
_SIGNATURE_LINES = 12


def machinery(text: str, lines: Sequence[Line]) -> Iterator[Aside]:
    """What programs wrote around the words; the subject of a mail stays, as a title does."""
    front = _FRONT_MATTER.match(text)
    if front:
        yield Aside(0, front.end(), "front matter")
    yield from _headers(text, lines)
    yield from _answered(text, lines)
    for line in lines:
        if _MACHINERY.fullmatch(text, *line):
            yield Aside(*line, "mail machinery")
    for start, end in lines[-_SIGNATURE_LINES:]:
        if text[start:end] == "--":
            yield Aside(start, lines[-1][1], "e-mail signature")
            break


def _headers(text: str, lines: Sequence[Line]) -> Iterator[Aside]:
    run: list[Line] = []
    for line in [*lines, (len(text), len(text))]:
        if _FIELD.match(text, *line) or (run and _is_folded(text, run[-1], line)):
            run.append(line)
            continue
        if len(run) >= _MIN_FIELDS and any(_SENDER.match(text, *one) for one in run):
            for one in run:
                field = _FIELD.match(text, *one)
                if field is None or not field["subject"]:
                    yield Aside(*one, "mail header")
        run = []


def _answered(text: str, lines: Sequence[Line]) -> Iterator[Aside]:
    """The mail that is answered: it is older than this one, which may say otherwise."""
    inside = False
    for line in lines:
        wrote = _WROTE.fullmatch(text, *line)
        inside = bool(wrote or (inside and _QUOTED.fullmatch(text, *line)))
        if inside:
            yield Aside(*line, "quoted mail")


def _is_folded(text: str, above: Line, line: Line) -> bool:
    """Whether a line goes on with the header field above it."""
    between = text[above[1] : line[0]]
    return between.count("\n") == 1 and between[-1] in " \t"
