"""scripts/screenshots.py still works, with what is in the repository alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import CHROMIUM

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium was found (Debian: apt install chromium)")
def test_the_script_takes_pictures_of_seeded_pages_without_any_other_material(tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    kept.pop("MATERIAL", None)
    script = ROOT / "scripts" / "screenshots.py"
    done = subprocess.run(
        [sys.executable, script, tmp_path, "videos-new", "--width", "390", "--scheme", "dark"],
        cwd=ROOT,
        env=kept,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["videos-new-390-dark.png"]
    with Image.open(tmp_path / "videos-new-390-dark.png") as picture:
        assert picture.width == 390
        assert picture.height > 2000  # a page full of cards, not one that is empty
        assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 1000
