"""The package as a whole."""

from __future__ import annotations

import subprocess
import sys


def test_importing_the_package_loads_none_of_the_heavy_libraries():
    code = (
        "import sys, engine.animator; print([m for m in ('numpy', 'cv2', 'av', 'mediapipe', 'pocketsphinx', 'django') "
        "if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
