"""One rig and one rendering, made by the public functions, for all tests here."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.animator import RenderInfo, RigInfo, build_rig, render
from engine.animator import rig as rigs

FIXTURES = Path(__file__).parent.parent / "fixtures"


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return FIXTURES


@pytest.fixture(scope="session")
def rig(tmp_path_factory) -> tuple[Path, RigInfo]:
    folder = tmp_path_factory.mktemp("rig")
    info = build_rig(
        FIXTURES / "astronaut.jpg", folder / "rig.npz", folder / "preview.jpg", cutout=folder / "cutout.png"
    )
    return folder / "rig.npz", info


@pytest.fixture(scope="session")
def loaded(rig) -> rigs.Rig:
    return rigs.load(rig[0])


@pytest.fixture(scope="session")
def spoken(rig, tmp_path_factory) -> tuple[Path, Path, RenderInfo]:
    """Video, mask and facts of the fixture's speech, small."""
    folder = tmp_path_factory.mktemp("spoken")
    video, mask = folder / "out.mp4", folder / "mask.mp4"
    info = render(rig[0], FIXTURES / "speech.wav", video, mask, size=320, seed=3)
    return video, mask, info
