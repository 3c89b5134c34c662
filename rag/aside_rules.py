"""The table of what boilerplate says (asides.toml), compiled: one pattern for each kind of place."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Where = Literal["edge", "anywhere", "line"]

_TABLE = Path(__file__).with_name("asides.toml")
# What may follow a match. A quote or bracket that follows directly closes one, after a space it opens one; a line
# that goes on below in small letters is wrapped and has not ended.
_END = (
    r"(?:[^\S\n]*(?:[:|]|[.!?…]+(?!\w)))?"
    r"(?=[^\S\n]*(?:\Z|\n(?![^\S\n]*[a-zß-öø-ÿ])|[0-9“«„©#(\[*←→|•·]|[^\W\d_a-zß-öø-ÿ])|[^\S\n]+[\"'‘-])"
)
END = re.compile(_END)


@dataclass(frozen=True, slots=True)
class Rule:
    """Words that are boilerplate.

    Attributes:
        reason: Why, for people.
        rest: Whether a match goes on to the end of its sentence.
        heads: What below the line goes too.
        hints: The rule cannot match a text that holds none of these, whatever its case; empty if it is tried on all.
    """

    reason: str
    rest: bool = False
    heads: Literal["list", "paragraph"] | None = None
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules as one pattern, whose group ``rN`` is the N-th of them."""

    pattern: re.Pattern[str]
    rules: tuple[Rule, ...]

    def of(self, match: re.Match[str]) -> Rule:
        """The rule that a match is of."""
        assert match.lastgroup is not None
        return self.rules[int(match.lastgroup[1:])]


@cache
def rules_for(where: Where, hints: tuple[str, ...] | None = None) -> Rules:
    """The rules that are looked for in one kind of place; with ``hints``, those of them that have these."""
    rules: list[Rule] = []
    parts: list[str] = []
    for row in _table()["rules"]:
        rule = Rule(
            row["reason"],
            rest=row.get("rest", False),
            heads=row.get("heads"),
            hints=tuple(row.get("hints", ())),
        )
        if row.get("where", "edge") == where and hints in (None, rule.hints):
            words = "|".join(_expanded(pattern) for pattern in row["patterns"])
            end = "" if rule.rest or where == "line" else _END
            parts.append(f"(?P<r{len(rules)}>(?i:{words}){end})")
            rules.append(rule)
    return Rules(re.compile("|".join(parts)), tuple(rules))


@cache
def words_pattern(name: str) -> re.Pattern[str]:
    """One of the table's word lists, in both cases."""
    return re.compile(f"(?i:{_expanded('{' + name + '}')})")


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))


def _expanded(pattern: str) -> str:
    words = _table()["words"]
    pattern = pattern.replace("\n", "")
    while (filled := re.sub(r"\{([a-z]+)\}", lambda match: words[match[1]], pattern)) != pattern:
        pattern = filled.replace("\n", "")
    return re.sub(r" (\??)", lambda match: rf"\s{{{0 if match[1] else 1},3}}", pattern)
