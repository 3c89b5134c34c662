"""What README shows is true: commands, options, help, settings and code."""

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from rag import Settings
from rag.cli import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [
    line.split("#")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]
HINT = "run `python -m tests.test_readme` to write it anew"


def between(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", README, re.DOTALL)
    assert found
    return found[1]


def help_block() -> str:
    """The help of the program and of each command."""
    wanted: list[list[str]] = [[]]
    for name, command in cli.commands.items():
        subs = command.commands if isinstance(command, click.Group) else ()
        wanted += [[name, sub] for sub in subs] or [[name]]
    parts = [
        CliRunner().invoke(cli, [*words, "--help"], prog_name="rag", terminal_width=100).output
        for words in wanted
    ]
    return "```text\n" + "\n".join(parts) + "```\n"


def settings_block() -> str:
    """Every setting with its default."""
    rows = ["| variable | in rag.toml | default | |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "per machine" if field.default_factory else f"`{field.default}`"
        rows.append(f"| `RAG_{name.upper()}` | `{name}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize("line", [one for one in COMMANDS if one.startswith("rag ")])
def test_every_command_shown_parses(line):
    _, *words = shlex.split(line)
    context = click.Context(cli, info_name="rag", **cli.context_settings)
    command: click.Command = cli
    while isinstance(command, click.Group):
        _, found, words = command.resolve_command(context, words)
        assert found is not None
        command = found
    words = [word.replace("tests/gold", str(ROOT / "tests/gold")) for word in words]
    command.make_context("rag", words, parent=context).close()


@pytest.mark.parametrize("line", [one for one in COMMANDS if one.startswith("make")])
def test_every_target_shown_exists(line):
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert line.split()[1] in targets


def test_the_help_shown_is_the_help_there_is():
    assert between("help") == help_block(), HINT


def test_the_settings_shown_are_those_there_are():
    assert between("settings") == settings_block(), HINT


def test_every_file_named_exists():
    for name in re.findall(r"`((?:rag|ui|tests|seeds|prompts|models)/[\w./]*)`", README):
        assert (ROOT / name).exists(), name


def test_every_dependency_is_explained():
    project = (ROOT / "pyproject.toml").read_text()
    listed = project.split("dependencies = [")[1].split("]\n")[0]
    table = README.split("## Dependencies")[1].split("## ")[0]
    for name in re.findall(r'"([a-z-]+)[>=]', listed):
        assert name in table, name


def test_the_program_shown_runs_as_typed(tmp_path, monkeypatch, capsys):
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "bridge.md").write_text(
        "# The bridge\n\ndate 2019-03-05\n\nThe harbour bridge reopened on Monday after repairs. The work "
        "cost 4.2 million euros, said the mayor, Lena Ortiz.\n"
    )
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "README.md", "exec"), {})
    shown = capsys.readouterr().out
    assert "4 March 2019" in shown
    assert "4.2 million euros" in shown


if __name__ == "__main__":
    for block, content in (("help", help_block()), ("settings", settings_block())):
        start, end = f"<!-- {block} -->\n", f"<!-- /{block} -->"
        head, rest = README.split(start)
        README = head + start + content + end + rest.split(end)[1]
    (ROOT / "README.md").write_text(README, "utf-8")
