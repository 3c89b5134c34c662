"""SIGKILL at any moment: the index still opens and answers from whole documents, and one more ingest completes it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# 1 tries every step that is counted (some 430 kills, several minutes).
STRIDE = int(os.environ.get("KILL_STRIDE", "7"))


@pytest.mark.parametrize(
    ("scenario", "random_kills", "at_least"),
    [
        ("first", 0, 100),
        ("update", 0, 100),
        ("remove", 0, 50),
        ("rebuild", 0, 90),
        ("many", 10, 10),
    ],
)
def test_killed(tmp_path, home, scenario, random_kills, at_least):
    """Steps in catalog, vectors and words one by one; random moments of a large ingest for what can't be counted."""
    arguments = [scenario, tmp_path, STRIDE, random_kills]
    done = subprocess.run(
        [sys.executable, "-m", "tests.rag.killer", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    kills = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(kills) >= (at_least if random_kills else at_least // STRIDE)
    for kill in kills:
        assert kill["killed"] or random_kills  # a random moment may come after the end
        assert kill["error"] is None, f"killed at {kill['at']}: {kill['error']}"
    assert sum(kill["killed"] for kill in kills) > len(kills) / 2
