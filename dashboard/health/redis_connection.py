"""A connection of its own to Redis, for looking whether it answers."""

import redis
from django.conf import settings


def connect_redis(seconds: float) -> redis.Redis:
    """A connection to REDIS_URL that waits at most so long to be made, and for an answer."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=seconds, socket_timeout=seconds)
