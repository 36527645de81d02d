"""What a card in a gallery shows of an avatar, and how a page asks whether that has changed."""

from collections.abc import Iterable
from dataclasses import dataclass

from avatars.models import Avatar
from avatars.scheduling import count_ahead


@dataclass(frozen=True)
class AvatarCard:
    """An avatar and what is shown with it that is not in its row."""

    avatar: Avatar
    ahead: int = 0  # how many avatars are made before it

    @property
    def stamp(self) -> str:
        """What a poll compares: the row, and what changes without it: its place, and what it waits for."""
        return f"{self.avatar.stamp}.{self.ahead}{'.w' if self.avatar.waits_for else ''}"

    @property
    def poll_seconds(self) -> int:
        return self.avatar.poll_seconds(self.ahead)


def cards_of(avatars: Iterable[Avatar]) -> list[AvatarCard]:
    """The cards of these avatars, in their order."""
    avatars = list(avatars)
    ahead = count_ahead(avatars)
    return [AvatarCard(avatar, ahead.get(avatar.pk, 0)) for avatar in avatars]


def card_of(avatar: Avatar) -> AvatarCard:
    """The card of one avatar."""
    return cards_of([avatar])[0]
