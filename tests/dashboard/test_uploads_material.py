"""The collection of nasty files: MATERIAL names the folder that holds nasty/ (skipped without it)."""

import json
import os
from pathlib import Path

import pytest

from dashboard.uploads import UploadError, portraits, voices

ROOT = Path(os.environ.get("MATERIAL") or "/nonexistent") / "nasty"
CASES = json.loads((ROOT / "manifest.json").read_text()) if (ROOT / "manifest.json").exists() else []
# Whether there is a good face in it is for the engine to say.
FACES = ("no face", "no human face", "face too small", "too dark")

pytestmark = [
    pytest.mark.material,
    pytest.mark.skipif(not CASES, reason="MATERIAL names no folder with nasty/manifest.json"),
]


def is_for_us(expected: str) -> bool:
    return not any(words in expected for words in FACES)


def outcome(path: Path) -> str:
    """What is said of the file; empty if it is taken."""
    try:
        if path.parent.name == "images":
            with portraits.convert(path) as portrait:
                taken = min(portrait.width, portrait.height) >= portraits.MIN_SIDE
        else:
            with voices.convert(path, max_seconds=600) as voice:
                taken = voice.seconds >= voices.MIN_SECONDS
    except UploadError as error:
        return str(error)
    return "" if taken else "taken, but too small"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_a_nasty_file_ends_as_it_should(case):
    said, expected = outcome(ROOT / case["file"]), case["expect"]
    if said:
        assert "refus" in expected, said
        assert is_for_us(expected), said
        assert said.endswith(".")
    else:
        assert not (expected.startswith("refused") and " or " not in expected and is_for_us(expected))
