"""Prompt templates: one text file a prompt, ``=== role`` lines between its messages, ``$variables`` inside."""

from __future__ import annotations

import re
from functools import cache
from string import Template

from rag.paths import shipped
from rag.types import Message

_ROLE = re.compile(r"^=== (system|user|assistant)$", re.MULTILINE)


def render(name: str, **variables: str) -> list[Message]:
    """The messages of ``prompts/<name>.txt`` with every variable filled in; values are never expanded again."""
    return [
        {"role": role, "content": template.substitute(variables)} for role, template in _load(name)
    ]


@cache
def _load(name: str) -> list[tuple[str, Template]]:
    text = shipped("prompts").joinpath(f"{name}.txt").read_text("utf-8")
    _, *parts = _ROLE.split(text)
    return [
        (role, Template(content.strip()))
        for role, content in zip(parts[::2], parts[1::2], strict=True)
    ]
