"""python -m engine.animator"""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(*args: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "engine.animator", *map(str, args)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_one_command_makes_a_talking_video(fixtures, tmp_path):
    out, mask = tmp_path / "o.mp4", tmp_path / "m.mp4"
    done = run(
        fixtures / "astronaut.jpg", fixtures / "hello.wav", out, "--mask", mask, "--size", 160, "--seed", 4
    )
    assert done.returncode == 0, done.stderr
    assert out.stat().st_size > 3000
    assert mask.exists()
    assert "100%" in done.stderr


def test_what_is_wrong_is_said_in_one_sentence(fixtures, tmp_path):
    done = run(fixtures / "hello.wav", fixtures / "hello.wav", tmp_path / "o.mp4")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("This file could not be read as a picture.")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
