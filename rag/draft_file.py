"""A gold file that drafts are added to and reviewed in, safe against a kill at any moment.

Beside it lies ``FILE.dropped``: a line for each sentence that gave no good question, and for each draft that a
reviewer has dropped, so that neither is drafted again. Without it nothing but time is lost.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from rag.errors import GoldError
from rag.gold import GoldQuestion, read_gold, write_gold
from rag.lines import gold_error

_BY_REVIEWER = "-"


class DraftFile:
    """Reads the file anew for every change, so that drafting and reviewing may go on side by side."""

    def __init__(self, path: Path) -> None:
        """``path`` need not exist yet.

        Raises:
            GoldError: it is no file of gold lines.
        """
        self.path = path.expanduser()
        if self.path.suffix.lower() != ".jsonl" or self.path.is_dir():
            raise GoldError(
                f"{path} is no gold file that drafts can be kept in. Give a file that ends in .jsonl."
            )
        self._dropped = self.path.with_name(f"{self.path.name}.dropped")

    def questions(self) -> tuple[GoldQuestion, ...]:
        """All that the file holds, reviewed or not; none if it is empty.

        Raises:
            GoldError: there is no such file, or it is not right; the message gives the lines.
        """
        with suppress(OSError):
            if not self.path.read_bytes().strip():
                return ()
        file = read_gold(self.path)
        if file.problems:
            raise gold_error(self.path, file.problems, advice="Correct the file.")
        return file.entries

    def start(self) -> tuple[GoldQuestion, ...]:
        """What there is to go on from; a file that can be written to is there afterwards.

        Raises:
            GoldError: as `questions`, or the file cannot be written to.
        """
        if not self.path.exists():
            # Whoever has deleted the file wants to begin anew.
            with suppress(OSError):
                self._dropped.unlink(missing_ok=True)
        self._append(self.path, "")
        return self.questions()

    def add(self, question: GoldQuestion) -> None:
        """Write a draft behind the others."""
        self._append(self.path, question.model_dump_json(exclude_defaults=True))

    def replace(self, question: GoldQuestion) -> None:
        """Put a question in the place of the one with its id."""
        write_gold(
            self.path, [question if one.id == question.id else one for one in self.questions()]
        )

    def remove(self, identifier: str) -> None:
        """Take a question out; it is not drafted again."""
        self.note_dropped(identifier, "dropped in review")
        write_gold(self.path, [one for one in self.questions() if one.id != identifier])

    def note_dropped(self, identifier: str, reason: str, *, model: str = _BY_REVIEWER) -> None:
        """Remember that a sentence gave nothing; ``model`` is the one that failed, if one did."""
        self._append(self._dropped, f"{identifier}\t{model}\t{reason}")

    def dropped(self, model: str) -> set[str]:
        """Ids that a model need not try again: what it failed at, and what a reviewer has dropped."""
        try:
            lines = self._dropped.read_text("utf-8", errors="replace").splitlines()
        except OSError:
            return set()
        rows = [line.split("\t") for line in lines]
        return {row[0] for row in rows if len(row) > 1 and row[1] in {model, _BY_REVIEWER}}

    def _append(self, path: Path, line: str) -> None:
        try:
            with path.open("a+b") as file:
                if file.seek(0, os.SEEK_END):
                    file.seek(-1, os.SEEK_END)
                    # An editor, or a full disk, may have left out the last newline.
                    line = line if file.read(1) == b"\n" or not line else f"\n{line}"
                # In one piece: a line is there or it is not.
                file.write(f"{line}\n".encode() if line else b"")
        except OSError as error:
            raise GoldError(
                f"{path} cannot be written ({error.strerror or error}). Choose another place, in a folder "
                "that exists."
            ) from error
