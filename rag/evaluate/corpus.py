"""A corpus of JSON lines, as BEIR has it, into a folder of text files that can be ingested."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rag.errors import GoldError
from rag.lines import Problem, cause, gold_error, objects, unopened

CORPUS = "corpus.jsonl"
# File systems take 255 bytes; some room is left for what tools append.
_MAX_NAME = 200
# Hidden, so that it is not ingested. Without it a folder is somebody else's, and nothing there is removed.
_MARK = ".written-from-corpus"


def find_corpus(path: Path | str) -> Path | None:
    """The corpus that a path stands for: itself, if it is JSON lines, or the ``corpus.jsonl`` in a folder."""
    path = Path(path).expanduser()
    try:
        if path.is_file():
            return path if path.suffix.lower() == ".jsonl" else None
        return path / CORPUS if (path / CORPUS).is_file() else None
    except (OSError, ValueError):
        return None


def file_name(corpus_id: str) -> str:
    """The name of the file that a text of a corpus is written to; another one for every id."""
    # Surrogates that stand alone can be written in JSON.
    name = quote(corpus_id, safe="", errors="surrogatepass")
    if name.startswith(".") or not name:
        # Hidden files are not ingested. A lone percent sign is never the result of quoting.
        name = f"%2E{name[1:]}" if name else "%"
    if len(name) > _MAX_NAME:
        digest = sha256(corpus_id.encode("utf-8", "surrogatepass")).hexdigest()
        # "%%" keeps it apart from every id that is short enough to stand in full.
        name = f"{name[: _MAX_NAME - 66]}%%{digest}"
    return f"{name}.txt"


def write_corpus(corpus_path: Path | str, folder: Path | str) -> int:
    """Write each text of a corpus to a file of its own, with its title as the first line.

    Files that are right already stay untouched, so that the next ingest skips them. Those of texts that are no
    longer in the corpus are removed. Texts that are empty, title and all, get no file.

    Args:
        corpus_path: Lines of ``{"_id", "title"?, "text"}``.
        folder: Where the files go: a new or empty folder, or one that was written from a corpus before.

    Returns:
        How many files the folder holds.

    Raises:
        GoldError: the corpus cannot be read, lines of it are not right (nothing is written then), or the folder
            cannot be used.
    """
    corpus_path, folder = Path(corpus_path).expanduser(), Path(folder).expanduser()
    problems: list[Problem] = []
    # Once to see that all of it is right, once to write: a large corpus need not fit into memory.
    count = sum(1 for _ in _texts(corpus_path, problems))
    if not count and not problems:
        raise GoldError(
            f'{corpus_path} holds no texts. Each line is {{"_id": …, "title": …, "text": …}}.'
        )
    if problems:
        raise gold_error(corpus_path, problems)
    try:
        _claim(folder)
        wanted = set()
        for name, content in _texts(corpus_path, problems):
            file = folder / name
            wanted.add(name)
            if not file.is_file() or file.read_bytes() != content:
                file.write_bytes(content)
        for file in folder.glob("*.txt"):
            if file.name not in wanted:
                file.unlink()
    except OSError as error:
        raise GoldError(
            f"{folder} cannot be written ({cause(error)}). Make room or choose another folder."
        ) from error
    return len(wanted)


def _claim(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / _MARK
    if not mark.exists():
        if any(folder.iterdir()):
            raise GoldError(f"{folder} holds other files. Choose a folder that is new or empty.")
        mark.touch()


def _texts(path: Path, problems: list[Problem]) -> Iterator[tuple[str, bytes]]:
    """File names and contents; what is not right goes to ``problems``."""
    seen: dict[str, int] = {}
    try:
        with path.open("rb") as file:
            for number, row in objects(file):
                if isinstance(row, Problem):
                    problems.append(row)
                    continue
                if reason := _complaint(row, seen):
                    problems.append(Problem(line=number, reason=reason))
                    continue
                seen[row["_id"]] = number
                if content := _content(row.get("title") or "", row["text"]):
                    yield file_name(row["_id"]), content
    except (OSError, ValueError) as error:
        raise unopened(path, error) from error


def _complaint(row: dict[str, Any], seen: dict[str, int]) -> str | None:
    corpus_id = row.get("_id")
    if not isinstance(corpus_id, str) or not corpus_id:
        return '"_id" is no text, or empty. Give each line an id in quotation marks.'
    if corpus_id in seen:
        return f'the "_id" {corpus_id} stands in line {seen[corpus_id]} too. Rename or remove one.'
    if not isinstance(row.get("text"), str):
        return '"text" is no text. Write "" if there is none.'
    if not isinstance(row.get("title"), str | None):
        return '"title" is no text. Leave it out if there is none.'
    return None


def _content(title: str, text: str) -> bytes:
    title = " ".join(title.split())
    if not text.strip():
        whole = title
    elif not title or text.lstrip().startswith(title):
        whole = text
    else:
        whole = f"{title}\n\n{text}"
    return f"{whole}\n".encode("utf-8", "replace") if whole else b""
