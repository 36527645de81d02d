"""How often a token may call."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from engine import throttle
from engine.models import Token


def test_past_the_limit_a_token_has_to_wait_for_the_next_minute(make_caller, settings, frozen_minute):
    settings.ENGINE_REQUESTS_PER_MINUTE = 3
    caller, other = make_caller("fast"), make_caller("slow")
    left = [caller.response("avatar.list")["X-Ratelimit-Left"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    response = caller.response("video.list")
    assert response.status_code == 429
    assert response.json() == {"code": 1009, "data": None, "message": "Too Many Request"}
    assert response["X-Ratelimit-Total"] == "3"
    assert response["X-Ratelimit-Left"] == "0"
    assert response["X-Ratelimit-Reset"] == "1800000060"
    assert other("avatar.list")[0] == 200
    frozen_minute(60)
    assert caller("avatar.list")[0] == 200


def test_the_dashboard_itself_is_not_limited(own, settings):
    settings.ENGINE_REQUESTS_PER_MINUTE = 1
    for _ in range(3):
        response = own.response("avatar.list")
        assert response.status_code == 200
        assert "X-Ratelimit-Total" not in response


@pytest.mark.django_db(transaction=True)
def test_no_request_is_forgotten_when_many_come_at_once(frozen_minute):
    token, _ = Token.make("busy")

    def count() -> int:
        try:
            return throttle.count_request(token).used
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        used = sorted(pool.map(lambda _: count(), range(24)))
    assert used == list(range(1, 25))
