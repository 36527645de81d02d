"""Whose turn it is: many portraits at once, and the tasks that wait for the provider in workers of their own."""

import pytest
from django.urls import reverse

from avatars import poller, tasks
from avatars.models import Avatar
from avatars.scheduling import count_ahead, next_up
from dashboard.jobs.enqueue import enqueue_job
from dashboard.jobs.provider_job import ProviderState
from tests.messages import list_messages


@pytest.fixture
def crowd(new_avatar, maria, settings) -> list[Avatar]:
    """Six portraits in the order in which they came."""
    settings.GENERATE_WORKERS = 4
    return [new_avatar(name=f"Number {k}", made_by=maria, portrait="p.jpg") for k in range(6)]


def bells() -> list[tuple[str, str, int]]:
    """Cluster, task and row of all bells."""
    return [(m.cluster, m.task, next(iter(m.args), 0)) for m in list_messages()]


def test_a_crowd_of_portraits_leaves_one_worker_for_videos(crowd):
    assert next_up() == [avatar.pk for avatar in crowd[:3]]
    Avatar.objects.filter(pk=crowd[0].pk).update(state=ProviderState.SENDING)
    assert next_up() == [avatar.pk for avatar in crowd[1:3]]


def test_a_portrait_whose_turn_has_not_come_is_not_sent_although_its_bell_rings(provider, crowd):
    tasks.generate(crowd[5].pk)
    assert provider.count("avatar.generate") == 0
    tasks.generate(crowd[0].pk)
    assert provider.count("avatar.generate") == 1


def test_the_poller_rings_for_the_next_in_turn_alone(crowd):
    poller.step()
    assert [pk for cluster, _, pk in bells() if cluster == "generate"] == [avatar.pk for avatar in crowd[:3]]


def test_only_those_that_somebody_is_really_ahead_of_are_queued(signed_in, maria, crowd):
    assert count_ahead(crowd) == {crowd[3].pk: 3, crowd[4].pk: 4, crowd[5].pk: 5}
    page = signed_in(maria).get(reverse("avatars")).text
    assert page.count('card-words">Preparing your avatar…') == 3
    assert "Queued (3 ahead of you)" in page
    assert "Queued (5 ahead of you)" in page


def test_the_poll_of_a_card_notices_that_the_line_moves(signed_in, maria, crowd):
    client, last = signed_in(maria), crowd[5]
    card = reverse("avatar-card", args=[last.pk])
    assert client.get(card, {"v": f"{last.version}.5"}).status_code == 204
    Avatar.objects.filter(pk=crowd[0].pk).update(state=ProviderState.READY)
    assert "Queued (4 ahead of you)" in client.get(card, {"v": f"{last.version}.5"}).text


def test_asking_has_workers_of_its_own_and_copying_too(provider, new_avatar):
    avatar = new_avatar()
    enqueue_job(avatar)
    tasks.generate(avatar.pk)
    assert set(bells()) == {
        ("generate", "avatars.tasks.generate", avatar.pk),
        ("download", "avatars.tasks.copy", avatar.pk),
    }
