"""The wheel, installed in a clean environment, answers from a folder that is no checkout."""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("seedbound-*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """An interpreter that has the wheel; its dependencies are borrowed, the checkout is not."""
    place = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    interpreter = place / "bin" / "python"
    subprocess.run(
        [interpreter, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel],
        check=True,
    )
    (packages,) = place.glob("lib/python*/site-packages")
    # A path in a .pth file is added without reading the .pth files there, so the editable checkout stays out.
    (packages / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return interpreter


def test_the_wheel_holds_the_packages_and_their_data_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"rag", "ui"}
    for needed in (
        "rag/py.typed",
        "rag/__init__.pyi",
        "rag/models.toml",
        "rag/evaluate/templates/report.html.jinja",
        "ui/style/00-base.css",
        "ui/script/chat.js",
        "ui/export/templates/export.html.jinja",
    ):
        assert needed in names
    seeds = {path.name for path in (ROOT / "seeds").iterdir()}
    assert {Path(name).name for name in names if name.startswith("rag/_data/seeds/")} == seeds
    assert {"rag/_data/prompts/answer.txt", "rag/_data/prompts/answer.probe.json"} <= set(names)
    assert not [
        name for name in names if "__pycache__" in name or name.endswith((".gguf", ".sqlite"))
    ]


def test_it_ingests_and_answers_from_another_folder(python, tmp_path):
    environment = {
        **os.environ,
        "RAG_HOME": str(tmp_path / "home"),
        "RAG_CHAT_MODEL": "smollm2-135m-instruct",
    }
    environment.pop("PYTHONPATH", None)

    def rag(*arguments):
        done = subprocess.run(
            [python, "-m", "rag", *arguments],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = subprocess.run(
        [python, "-c", "import rag; print(rag.__file__)"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert str(ROOT) not in where.stdout
    assert "5 added" in rag("ingest")
    answer = json.loads(rag("ask", "Who is the Kremlin spokesman?", "--json"))
    assert answer["model"]["name"] == "smollm2-135m-instruct"
    assert answer["passages"]
