"""Rows that are jobs: claims, leases, and what happens to those of the dead."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from avatars.models import Avatar
from dashboard.jobs.leased_job import ForbiddenTransition, LeaseLost, backoff
from dashboard.jobs.provider_job import ACTIVE_STATES, ProviderJob, ProviderState


def claim(avatar: Avatar, seconds: float = 60) -> Avatar | None:
    return Avatar.claim(
        avatar.pk, ProviderState.WAITING, ProviderState.SENDING, to=ProviderState.SENDING, seconds=seconds
    )


def test_only_one_gets_the_row(new_avatar):
    avatar = new_avatar()
    first = claim(avatar)
    assert first.attempts == 1
    assert claim(avatar) is None


def test_an_expired_lease_is_anybodys_and_the_old_holder_learns_it(new_avatar):
    avatar = new_avatar()
    dead = claim(avatar, seconds=-1)
    second = claim(avatar)
    assert second.attempts == 2
    with pytest.raises(LeaseLost):
        dead.save_fields(progress=50)
    with pytest.raises(LeaseLost):
        dead.move(ProviderState.WAITING)
    second.move(ProviderState.WAITING)


def test_a_row_that_was_put_off_is_not_to_be_had_before_its_time(new_avatar):
    avatar = new_avatar()
    claim(avatar).reschedule(ProviderState.WAITING, 60)
    assert claim(avatar) is None
    Avatar.objects.update(try_after=timezone.now() - timedelta(seconds=1))
    assert claim(avatar) is not None


def test_a_deleted_row_is_a_lost_lease(new_avatar):
    avatar = new_avatar()
    held = claim(avatar)
    avatar.delete()
    with pytest.raises(LeaseLost):
        held.renew_lease(60)


@pytest.mark.parametrize("state", [state for state in ProviderState if state != ProviderState.READY])
def test_only_the_drawn_transitions_are_possible(new_avatar, state):
    avatar = new_avatar(state=state)
    for to in ProviderState:
        if to in ProviderJob.TRANSITIONS[state]:
            continue
        with pytest.raises(ForbiddenTransition):
            avatar.move(to)
    assert (ProviderJob.TRANSITIONS[state] != set()) == (state != ProviderState.READY)


def test_every_active_state_can_end(new_avatar):
    assert all(ProviderState.FAILED in ProviderJob.TRANSITIONS[state] for state in ACTIVE_STATES)


def test_every_change_makes_a_new_version(new_avatar):
    avatar = new_avatar()
    held = claim(avatar)
    held.renew_lease(60, progress=10)
    held.move(ProviderState.WAITING)
    avatar.refresh_from_db()
    assert avatar.version == 3 == held.version


def test_the_lease_of_a_process_that_is_gone_is_free_at_once(new_avatar):
    avatar = new_avatar()
    claim(avatar)
    Avatar.release_dead_leases()
    assert claim(avatar) is None  # we are alive
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    machine = Avatar.objects.get().holder.rpartition(" ")[0]
    Avatar.objects.update(holder=f"{machine} {int(gone.stdout)}")
    Avatar.release_dead_leases()
    assert claim(avatar) is not None


def test_the_lease_of_another_machine_is_left_alone(new_avatar):
    avatar = new_avatar()
    claim(avatar)
    Avatar.objects.update(holder="another-machine 1")
    Avatar.release_dead_leases()
    assert claim(avatar) is None


def test_the_waiting_grows_up_to_a_limit():
    assert [backoff(attempt) for attempt in (0, 1, 2, 3, 20)] == [5, 5, 10, 20, 300]
