"""SIGKILL at any moment of an evaluation: gone on with, it comes to the same as one that was left in peace."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
KILLS = 20


def answers(run: Path) -> dict[str, dict[str, Any]]:
    """What was answered, without how long it took."""
    rows = {}
    for line in (run / "answers.jsonl").read_text().splitlines():
        row = json.loads(line)
        assert row["id"] not in rows, "asked twice"
        row["record"].pop("timings")
        row["scores"] = {name: one for name, one in row["scores"].items() if name[-2:] != "_s"}
        rows[row["id"]] = row
    return rows


def test_a_run_that_was_killed_twenty_times_equals_the_unbroken_one(tmp_path, home):
    done = subprocess.run(
        [sys.executable, "-m", "tests.rag.evaluate.killer", str(tmp_path), str(KILLS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["killed"] >= KILLS / 4
    unbroken, killed = answers(tmp_path / "unbroken"), answers(tmp_path / "killed")
    assert len(unbroken) == 60
    assert killed == unbroken
    assert sum(row["outcome"] == "right" for row in unbroken.values()) > 50
    for name in ("report.html", "report.md", "figures.json"):
        assert (tmp_path / "killed" / name).exists()
