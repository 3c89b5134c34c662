"""HTML of the sources: the frame, the list, what is being read, what is searched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from rag import SUFFIXES
from ui.desk.reading import FileLine, FileState, ReadingView
from ui.desk.watching import Watched
from ui.documents.listing import Choice, Row, Shelf
from ui.markup import counted, inert

#: How many rows are drawn at most; the filter looks at all.
LISTED = 200
_LINES = 60

_STATES = {
    "ready": "ready",
    "changed": "changed on disk since it was read",
    "missing": "its file is gone",
}
_OUTCOMES: Mapping[FileState, str] = {
    "waiting": "waiting",
    "reading": "being read…",
    "added": "added",
    "updated": "new version of what was there",
    "unchanged": "is here already",
    "skipped": "skipped",
    "cancelled": "cancelled",
}
# What needs attention first.
_ORDER: tuple[FileState, ...] = (
    "skipped", "reading", "waiting", "updated", "added", "unchanged", "cancelled",
)  # fmt: skip


def frame(max_mb: float) -> str:
    """Heading, buttons to add, filter and date range; drawn once."""
    accepted = inert(" ".join(SUFFIXES))
    return (
        '<div class="sb-sources-head"><h2>Sources</h2><div>'
        '<button type="button" class="sb-button sb-add" data-adds="files">Add files</button>'
        '<button type="button" class="sb-button sb-add" data-adds="folder">Add folder</button>'
        "</div></div>"
        f'<input type="file" id="sb-files" multiple hidden data-accepted="{accepted}" data-max="{max_mb}">'
        '<input type="file" id="sb-folder" webkitdirectory hidden>'
        '<p id="sb-sending" class="sb-origin" role="status"></p>'
        '<input type="search" id="sb-filter" class="sb-search" placeholder="Filter by title or file" '
        'aria-label="Filter the sources by title or file" autocomplete="off">'
        '<details class="sb-range"><summary>Published between…</summary>'
        '<label>From <input type="date" id="sb-after"></label>'
        '<label>To <input type="date" id="sb-before"></label></details>'
    )


def scope_line(choice: Choice, shelf: Shelf) -> str:
    """What questions are answered from, and the way back to everything."""
    total = len(shelf.rows)
    if not choice.scope() or not total:
        return ""
    found = len(choice.searched(shelf.rows))
    words = f"Searching {found:,} of {counted(total, 'document')}{_range(choice)}"
    left_out = choice.undated(shelf.rows)
    note = f" ({counted(left_out, 'document')} without a date left out)" if left_out else ""
    warning = "" if found else " Nothing can be found in it."
    kind = "sb-searched" if found else "sb-searched sb-none"
    return (
        f'<p class="{kind}" role="status"><span>{inert(words + note)}.{warning}</span>'
        '<button type="button" class="sb-button" data-act="reset">Search all</button></p>'
    )


def _range(choice: Choice) -> str:
    after, before = choice.after, choice.before
    if after and before:
        return f", {_short(after)} to {_short(before)}"
    if after:
        return f", since {_short(after)}"
    return f", until {_short(before)}" if before else ""


def library(choice: Choice, shelf: Shelf) -> str:
    """The documents, each with a tick, what is known of it, and what can be done with it."""
    changed = sum(row.state == "changed" for row in shelf.rows)
    again = (
        f'<p class="sb-again">{counted(changed, "document")} changed on disk. '
        '<button type="button" class="sb-button" data-act="reindex-all">Read again</button></p>'
        if changed
        else ""
    )
    said = f'<p class="sb-hint" role="alert">{inert(choice.said)}</p>' if choice.said else ""
    said = f'<i hidden data-changed="{choice.changed}" data-drawn="{choice.draws}"></i>{said}'
    if not shelf.rows:
        return f'{said}<p class="sb-hint">No documents yet. Drop files or folders here, or add them above.</p>'
    rows = choice.listed(shelf.rows)
    # What is ticked stays in sight: it decides what is searched.
    rows.sort(key=lambda row: row.document_id not in choice.ticked)
    items = "".join(_item(row, choice) for row in rows[:LISTED])
    count = counted(len(shelf.rows), "document")
    if choice.words:
        count = f"{len(rows):,} of {count}"
    more = (
        f'<p class="sb-hint">and {len(rows) - LISTED:,} more; the filter finds them</p>'
        if len(rows) > LISTED
        else ""
    )
    return f'{said}{again}<p class="sb-count">{count}</p><ul class="sb-list sb-rows">{items}</ul>{more}'


def _item(row: Row, choice: Choice) -> str:
    title, key = inert(row.title), inert(row.document_id)
    ticked = " checked" if row.document_id in choice.ticked else ""
    state = f'<span class="sb-standing sb-{row.state}">{_STATES[row.state]}</span>'
    kind = f"{inert(row.kind)} · " if row.kind else ""
    again = (
        f'<button type="button" class="sb-icon" data-act="reindex" data-id="{key}" title="Read again" '
        f'aria-label="Read again: {title}">{_AGAIN}</button>'
        if row.state == "changed"
        else ""
    )
    sure = _sure(row) if choice.sure == row.document_id else ""
    return (
        f'<li class="sb-row" data-id="{key}">'
        f'<input type="checkbox" class="sb-tick" data-id="{key}" aria-label="Search only in: {title}"{ticked}>'
        f'<button type="button" class="sb-open sb-document" value="document:{key}" title="{inert(row.source)}">'
        f'<span class="sb-title">{title}</span><span class="sb-origin">'
        f'<span class="sb-date">{inert(_published(row))}</span> · {kind}{state}</span></button>'
        f"{again}"
        f'<button type="button" class="sb-icon" data-act="remove" data-id="{key}" title="Remove" '
        f'aria-label="Remove: {title}">{_CROSS}</button>{sure}</li>'
    )


def _sure(row: Row) -> str:
    file = "The uploaded copy is deleted." if row.uploaded else "The file on disk is not touched."
    return (
        '<div class="sb-sure" role="alertdialog" aria-label="Remove this document?">'
        f"<p>Remove it from the index? What conversations quote of it is erased. {file}</p>"
        f'<button type="button" class="sb-button sb-danger" data-act="remove-yes" '
        f'data-id="{inert(row.document_id)}">Remove</button>'
        '<button type="button" class="sb-button" data-act="remove-no">Keep</button></div>'
    )


def reading(view: ReadingView, watched: Mapping[Path, Watched]) -> str:
    """Files on their way into the index, and the folders that are kept in step."""
    return f"{_files(view)}{''.join(_folder(path, one) for path, one in watched.items())}"


def _files(view: ReadingView) -> str:
    if not view.lines:
        return ""
    if view.busy:
        total = counted(len(view.lines), "file")
        words = f"Reading: {view.settled} of {total} done"
        button = '<button type="button" class="sb-button" data-act="cancel">Cancel</button>'
        bar = f'<progress max="{len(view.lines)}" value="{view.settled}" aria-label="{words}"></progress>'
    else:
        words = summary(view)
        button = '<button type="button" class="sb-button" data-act="dismiss">Close</button>'
        bar = ""
    trouble = (
        f'<p class="sb-trouble" role="alert">{inert(view.trouble)}</p>' if view.trouble else ""
    )
    lines = sorted(view.lines, key=lambda line: _ORDER.index(line.state))
    items = "".join(map(_line, lines[:_LINES]))
    more = (
        f'<li class="sb-origin">and {len(lines) - _LINES:,} more</li>'
        if len(lines) > _LINES
        else ""
    )
    busy = ' data-busy="true"' if view.busy else ""
    return (
        f'<section class="sb-reading" aria-label="Files being added"{busy}>'
        f'<p class="sb-reading-head"><span role="status">{words}</span>{button}</p>'
        f'{bar}{trouble}<ul class="sb-lines">{items}{more}</ul></section>'
    )


def summary(view: ReadingView) -> str:
    """What became of the files, in one line."""
    counts = [
        (view.count("added"), "added"),
        (view.count("updated"), "updated"),
        (view.count("unchanged"), "already here"),
        (view.count("skipped"), "skipped"),
        (view.count("cancelled"), "cancelled"),
    ]
    return ", ".join(f"{number} {word}" for number, word in counts if number)


def _line(line: FileLine) -> str:
    reason = line.reason or _OUTCOMES[line.state]
    if line.state == "skipped":
        reason = f"skipped: {line.reason}"
    return (
        f'<li class="sb-line sb-{line.state}"><span class="sb-name">{inert(line.name)}</span> '
        f'<span class="sb-origin">{inert(reason)}</span></li>'
    )


def _folder(path: Path, watched: Watched) -> str:
    if watched.trouble:
        words = f"{path} is not in step. {watched.trouble}"
        return f'<p class="sb-watched sb-trouble" role="alert">{inert(words)}</p>'
    if watched.done < watched.total:
        words = f"Reading {path}: {watched.done:,} of {counted(watched.total, 'file')}"
        return f'<p class="sb-watched" data-busy="true">{inert(words)}</p>'
    skipped = "".join(
        f'<li class="sb-line sb-skipped"><span class="sb-name">{inert(name)}</span> '
        f'<span class="sb-origin">{inert(reason)}</span></li>'
        for name, reason in watched.skipped[:_LINES]
    )
    return f'<p class="sb-watched">In step with {inert(str(path))}</p>' + (
        f'<ul class="sb-lines">{skipped}</ul>' if skipped else ""
    )


def _published(row: Row) -> str:
    if row.published is None:
        return "undated"
    return _short(row.published) + (" (date of the file)" if row.published_from == "mtime" else "")


def _short(value: date) -> str:
    return f"{value.day} {value:%b %Y}"


_CROSS = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 7l10 10M17 7 7 17"/></svg>'
_AGAIN = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4"/></svg>'
