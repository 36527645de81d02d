from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.videos import card as cards
from tests.videos.card import Card
from videos.studio.dispatch import make as make_in_studio


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
            plain = {"kind": kind, "video": str(card.video), "mask": str(card.mask), "look": look or {}}
            make_in_studio(plain | request | {"target": str(target)}, lambda part: None)
            made[name] = target
        return made[name]

    return make
