r"""A run on disk: one folder that can be killed at any moment, gone on with, moved, and compared with another.

::

    gold.jsonl      the questions that were asked
    run.json        what they were asked with, and when
    answers.jsonl   one line a question, appended as soon as it is answered
    figures.json    \
    report.html      |  made from the others at the end
    report.md       /
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rag.errors import RagError
from rag.evaluate.compare import Comparison
from rag.evaluate.facts import differences, finished
from rag.evaluate.figures import summarise
from rag.evaluate.results import EvaluationReport, Figure, QuestionResult
from rag.gold import GoldQuestion, load_gold, write_gold

_FORMAT = 1


class RunFolder:
    """One run. Make it with `begin` or `resume`."""

    def __init__(self, path: Path) -> None:
        """``path`` is the folder."""
        self.path = path
        self._answers = path / "answers.jsonl"

    @classmethod
    def begin(
        cls, path: Path, facts: Mapping[str, Any], questions: Sequence[GoldQuestion]
    ) -> RunFolder:
        """Start a run in an empty or new folder.

        Raises:
            RagError: the folder holds something, or cannot be written to.
        """
        run = cls(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            if (path / "run.json").exists():
                raise RagError(
                    f"{path} holds a run already. Go on with it (--resume), or choose another folder."
                )
            # A run that was killed before its run.json was written has asked nothing.
            others = {file.name for file in path.iterdir()} - {"gold.jsonl", "run.lock"}
            if any(not name.startswith(".") for name in others):
                raise RagError(f"{path} is not empty and no run. Choose another folder with --out.")
            write_gold(path / "gold.jsonl", questions)
            run._write_facts(facts)
        except OSError as error:
            raise RagError(
                f"{path} cannot be written to ({error.strerror}). Choose another folder with --out."
            ) from error
        return run

    @classmethod
    def resume(cls, path: Path, facts: Mapping[str, Any]) -> RunFolder:
        """Go on with a run that was cut off.

        Raises:
            RagError: there is none, or it was made with something else than what ``facts`` say.
        """
        run = cls(path)
        if changed := differences(run.facts(), facts):
            raise RagError(
                f"The run in {path} cannot be gone on with, for its answers would not be comparable: "
                f"{'; '.join(changed)}. Set it back, or begin a new run without --resume."
            )
        return run

    def facts(self) -> dict[str, Any]:
        """The content of ``run.json``.

        Raises:
            RagError: there is none.
        """
        try:
            facts = json.loads((self.path / "run.json").read_text("utf-8"))
        except FileNotFoundError:
            raise RagError(
                f"{self.path} is no run: it has no run.json. Name a folder that `rag eval` has written."
            ) from None
        except (OSError, ValueError) as error:
            raise RagError(f"{self.path / 'run.json'} cannot be read ({error}).") from error
        if not isinstance(facts, dict) or facts.get("format") != _FORMAT:
            raise RagError(f"{self.path} was written by another version. Run the evaluation again.")
        return facts

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the right to append; a line that was cut off by a kill is taken away first.

        Raises:
            RagError: another process is running it.
        """
        from filelock import FileLock, Timeout

        try:
            with FileLock(self.path / "run.lock", timeout=0):
                self._cut_torn_line()
                yield
        except Timeout:
            raise RagError(f"Another process is at the run in {self.path}. Wait for it.") from None

    def append(self, result: QuestionResult) -> None:
        """Keep one result; once this returns, no kill can lose it."""
        row = {
            "id": result.gold.id,
            "record": result.record,
            "scores": result.scores,
            "outcome": result.outcome,
            "confidence": result.confidence,
            "risk": result.risk,
        }
        with self._answers.open("ab") as file:
            file.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def results(self) -> tuple[QuestionResult, ...]:
        """What has been answered, in the order of the gold file. Of failed questions the last attempt counts.

        Raises:
            RagError: a line is not one of a run.
        """
        rows: dict[str, dict[str, Any]] = {}
        try:
            lines = self._answers.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            lines = []
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
                rows[row.pop("id")] = row
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise RagError(
                    f"{self._answers}, line {number} is damaged ({error!r}). Delete that line and go on "
                    "with --resume: its question is asked again."
                ) from error
        return tuple(
            QuestionResult(gold=question, **rows[question.id])
            for question in load_gold(self.path / "gold.jsonl")
            if question.id in rows
        )

    def finish(self, report: EvaluationReport, comparison: Comparison | None = None) -> None:
        """Write figures and reports."""
        from rag.evaluate.page import report_html
        from rag.evaluate.table import report_markdown

        figures = json.dumps(figures_json(report, comparison), indent=1, ensure_ascii=False)
        _write(self.path / "figures.json", figures + "\n")
        _write(self.path / "report.md", report_markdown(report, comparison))
        _write(self.path / "report.html", report_html(report, comparison))
        self._write_facts(finished(self.facts()))

    def report(self) -> EvaluationReport:
        """What the run came to so far."""
        return summarise(self.results(), self.facts())

    def _write_facts(self, facts: Mapping[str, Any]) -> None:
        _write(self.path / "run.json", json.dumps({"format": _FORMAT, **facts}, indent=1) + "\n")

    def _cut_torn_line(self) -> None:
        try:
            with self._answers.open("rb+") as file:
                content = file.read()
                file.truncate(content.rfind(b"\n") + 1)
        except FileNotFoundError:
            pass


def figures_json(report: EvaluationReport, comparison: Comparison | None = None) -> dict[str, Any]:
    """The figures of a report as one JSON object; ``null`` stands for "n/a"."""

    def table(figures: Mapping[str, Figure]) -> dict[str, Any]:
        return {name: asdict(figure) for name, figure in figures.items()}

    outcomes: dict[str, int] = {}
    for result in report.results:
        outcomes[result.outcome] = outcomes.get(result.outcome, 0) + 1
    return {
        "questions": len(report.results),
        "outcomes": outcomes,
        "figures": table(report.figures),
        "by_qtype": {qtype: table(figures) for qtype, figures in report.by_qtype.items()},
        "followups": table(report.followups),
        "risk_coverage": [list(point) for point in report.risk_coverage],
        "comparison": comparison and _comparison_json(comparison),
    }


def _comparison_json(comparison: Comparison) -> dict[str, Any]:
    return {
        "questions": comparison.shared,
        "differences": {name: asdict(one) for name, one in comparison.differences.items()},
        "flips": [
            {
                "id": flip.gold.id,
                "change": flip.change,
                "was": flip.old_outcome,
                "is": flip.new_outcome,
            }
            for flip in comparison.flips
        ],
        "only_new": comparison.only_new,
        "only_old": comparison.only_old,
        "changed": comparison.changed,
    }


def _write(path: Path, text: str) -> None:
    """The whole file or none of it."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
