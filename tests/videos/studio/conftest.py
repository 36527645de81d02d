from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.videos import generated_video as cards
from tests.videos.generated_video import Card
from videos.studio.make_file import make_file


@pytest.fixture(scope="session")
def card(tmp_path_factory: pytest.TempPathFactory) -> Card:
    return cards.make(tmp_path_factory.mktemp("card"))


@pytest.fixture(scope="session")
def make(card: Card, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A file of a kind, made once however many tests look at it."""
    folder = tmp_path_factory.mktemp("made")
    made: dict[str, Path] = {}

    def make(kind: str, suffix: str, look: dict[str, Any] | None = None, **request: Any) -> Path:
        name = str((kind, look, request))
        if name not in made:
            target = folder / f"{len(made)}{suffix}"
            plain = {
                "kind": kind,
                "video": str(card.video),
                "mask": str(card.mask),
                "look": look or {},
            }
            make_file(plain | request | {"target": str(target)}, lambda part: None)
            made[name] = target
        return made[name]

    return make
