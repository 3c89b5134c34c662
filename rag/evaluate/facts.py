"""What a run was made with: enough to repeat it, and to refuse to go on with something else."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from rag.gold import GoldQuestion
from rag.models import locate_model
from rag.provenance import NOT_DECISIVE, changes, prompt_digests, versions
from rag.settings import Settings
from rag.types import Document

Mode: TypeAlias = Literal["answers", "retrieval", "closed_book"]

#: Two runs with the same values here answer alike.
_DECISIVE = ("mode", "gold", "corpus", "models", "prompts", "settings", "versions")
_IGNORED = ("gold.path", "corpus.home", *(f"settings.{name}" for name in NOT_DECISIVE))


def collect_facts(
    mode: Mode,
    settings: Settings,
    questions: Sequence[GoldQuestion],
    documents: Iterable[Document],
    *,
    gold: Path,
) -> dict[str, Any]:
    """The content of ``run.json`` for a run that begins now.

    Raises:
        ModelError: a model is missing or damaged.
    """
    files = sorted((document.source, document.sha256) for document in documents)
    return {
        "mode": mode,
        "gold": {
            "path": str(gold.absolute()),
            "questions": len(questions),
            "sha256": _digest(question.model_dump_json() for question in questions),
        },
        "corpus": {
            "home": str(settings.home),
            "documents": len(files),
            "sha256": _digest(f"{source} {sha256}" for source, sha256 in files),
        },
        "models": _models(mode, settings),
        "prompts": prompt_digests(),
        "settings": settings.model_dump(mode="json"),
        "versions": versions(),
        "machine": _machine(),
        "started": _now(),
        "finished": None,
    }


def finished(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The same facts, at the end of the run."""
    return {**facts, "finished": _now()}


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What would make two runs answer differently, as ``settings.top_k was 8, now 5``."""
    return [str(one) for one in changes(_decisive(old), _decisive(new), ignored=_IGNORED)]


def _decisive(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: facts.get(name) for name in _DECISIVE}


def _models(mode: Mode, settings: Settings) -> dict[str, Any]:
    needed: dict[str, str] = {}
    if mode != "retrieval":
        needed["chat"] = settings.chat_model
    if mode != "closed_book":
        needed["embedding"] = settings.embedding_model
    found = {
        kind: locate_model(name, settings, "chat" if kind == "chat" else "embedding")
        for kind, name in needed.items()
    }
    return {kind: {"name": one.name, "sha256": one.sha256} for kind, one in found.items()}


def _machine() -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _digest(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\n")
    return digest.hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
