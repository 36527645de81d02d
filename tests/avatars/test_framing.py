"""Where the head is in the preview: what the provider says of it is kept, and what makes no sense is not."""

import pytest

from avatars import tasks
from dashboard.jobs.provider_job import ProviderState

pytestmark = pytest.mark.slow

FRAMING = {"eyes": [0.5, 0.4], "head": [0.2, 0.1, 0.6, 0.5], "cuts": [0.9, 1.0]}


def made(provider, new_avatar, framing):
    provider.extra["framing"] = framing
    avatar = new_avatar()
    tasks.generate(avatar.pk)
    tasks.copy(avatar.pk)
    avatar.refresh_from_db()
    assert avatar.state == ProviderState.READY
    return avatar


def test_where_the_head_is_is_kept(provider, new_avatar):
    assert made(provider, new_avatar, FRAMING).framing == FRAMING


def test_avatars_that_were_made_elsewhere_bring_it_along(provider, db):
    from avatars.models import Avatar

    provider.add_avatar(framing=FRAMING)
    tasks.sync()
    assert Avatar.objects.get().framing == FRAMING


@pytest.mark.parametrize(
    "framing",
    [
        None,
        "in the middle",
        {},
        {**FRAMING, "eyes": [0.5]},
        {**FRAMING, "head": [0, 0, "wide", 1]},
        {**FRAMING, "cuts": [0.5, 7]},
        {**FRAMING, "head": [0.2, 0.1, 0, 0]},
        {**FRAMING, "eyes": [0.5, 0.9]},
    ],
)
def test_nonsense_is_as_nothing(provider, new_avatar, framing):
    assert made(provider, new_avatar, framing).framing == {}
