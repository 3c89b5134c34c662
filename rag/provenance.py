"""What an answer or a run was made with: the facts that decide what comes out, and what differs between two sets."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from rag import __version__
from rag.paths import shipped
from rag.settings import Settings

#: These settings say where things lie and how fast the machine works, not what comes out.
NOT_DECISIVE = ("home", "models_dir", "threads")

_PACKAGES = ("chromadb", "gradio", "llama-cpp-python", "sentence-transformers", "tantivy", "torch")


class Change(NamedTuple):
    """A fact that is no longer what it was; ``None`` stands for one that is not there."""

    name: str
    was: Any
    now: Any

    def __str__(self) -> str:
        return f"{self.name} was {self.was}, now {self.now}"


def decisive_settings(settings: Settings) -> dict[str, Any]:
    """The settings that bear on what comes out, as JSON has them."""
    return settings.model_dump(mode="json", exclude=set(NOT_DECISIVE))


def prompt_digests() -> dict[str, str]:
    """SHA-256 of each prompt file, and of the probe that belongs to one, by its name."""
    folder = Path(str(shipped("prompts")))
    files = sorted((*folder.glob("*.txt"), *folder.glob("*.probe.json")))
    return {file.stem: sha256(file.read_bytes()).hexdigest() for file in files}


def versions() -> dict[str, str]:
    """Of the program, of Python and of the packages that answers pass through."""
    return {"seedbound": __version__, "python": platform.python_version(), **_package_versions()}


def changes(
    before: Mapping[str, Any], after: Mapping[str, Any], *, ignored: Iterable[str] = ()
) -> list[Change]:
    """Facts that differ, by name; a group's are named ``settings.top_k``."""
    old, new = _flat(before), _flat(after)
    return [
        Change(name, old.get(name), new.get(name))
        for name in sorted((old.keys() | new.keys()) - set(ignored))
        if old.get(name) != new.get(name)
    ]


def _flat(facts: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in facts.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{key}": one for key, one in value.items()}
        else:
            flat[name] = value
    return flat


@cache
def _package_versions() -> Mapping[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
