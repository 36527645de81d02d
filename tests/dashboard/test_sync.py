"""What is said of a look for things that were made elsewhere."""

import time

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from avatars import tasks as avatars
from dashboard.provider.answers import ProviderError
from dashboard.provider.client import client as provider_client
from tests.messages import clear_messages, list_messages
from videos import tasks as videos

KINDS = [("avatar", "avatars", avatars), ("video", "videos", videos)]


@pytest.fixture
def client(signed_in, maria):
    cache.clear()
    return signed_in(maria)


@pytest.mark.parametrize(("one", "many", "tasks"), KINDS)
def test_who_asks_hears_what_was_found(provider, client, one, many, tasks):
    getattr(provider, f"add_{one}")()
    page = client.post(reverse(f"{one}-sync"), follow=True).text
    assert f"Syncing {many} that were made elsewhere" in page
    state = reverse(f"{one}-sync-state")
    assert state in page
    assert client.get(state).status_code == 204  # nobody has looked yet
    tasks.sync()
    answer = client.get(state, headers={"HX-Request": "true"})
    assert f"1 new {one}." in answer.text
    assert ">Show</a>" in answer.text
    assert "every 2s" not in answer.text
    client.post(reverse(f"{one}-sync"))
    tasks.sync()
    answer = client.get(state, headers={"HX-Request": "true"})
    assert f"No new {many} were found." in answer.text
    assert ">Show</a>" not in answer.text
    assert f"No new {many} were found." in client.get(reverse(many)).text


@pytest.mark.parametrize(("one", "many", "tasks"), KINDS)
def test_a_provider_that_does_not_answer_is_told_until_it_does(provider, client, one, many, tasks):
    provider.behaviour.refuse[f"{one}.list"] = (503, b"maintenance")
    for ask in (lambda: client.post(reverse(f"{one}-sync")), lambda: None):  # by the button, and every hour
        ask()
        with pytest.raises(ProviderError):
            tasks.sync()
        page = client.get(reverse(many)).text
        assert f"The last sync of {many} failed. The avatar service does not answer." in page
    provider.behaviour.refuse.clear()
    provider_client().check_access()  # as the poller does
    tasks.sync()
    page = client.get(reverse(many)).text
    assert "The last sync" not in page
    assert "No new" not in page  # nobody asked


@pytest.mark.parametrize(("one", "many", "tasks"), KINDS)
def test_a_sync_that_comes_too_often_for_the_provider_is_made_a_little_later(
    provider, client, settings, one, many, tasks
):
    settings.SYNC_MINUTES = 0
    step = import_string(f"{many}.poller.step")
    getattr(provider, f"add_{one}")()
    client.post(reverse(f"{one}-sync"))
    clear_messages()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        provider.behaviour.busy_until = time.time() + 40
        tasks.sync()
        step()
        assert not list_messages()
        assert client.get(reverse(f"{one}-sync-state")).status_code == 204  # the page still waits
        clock.shift(41)
        step()
        assert [message.task for message in list_messages()] == [f"{many}.tasks.sync"]
        tasks.sync()
    assert f"1 new {one}." in client.get(reverse(f"{one}-sync-state"), headers={"HX-Request": "true"}).text
