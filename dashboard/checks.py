"""Checks of an installation, for `manage.py check`."""

import math
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register
def check_queue_retry(**kwargs: Any) -> list[CheckMessage]:
    """Tasks in the memory of a cluster count against `retry`: if it is too short they run twice (django-q2 1.11)."""
    base: dict[str, Any] = dict(settings.Q_CLUSTER)
    others: dict[str, dict[str, Any]] = base.pop("ALT_CLUSTERS")
    clusters = {"default": base} | {name: base | special for name, special in others.items()}
    found: list[CheckMessage] = []
    for name, conf in clusters.items():
        rounds = 1 + math.ceil((conf["queue_limit"] + 1) / conf["workers"])
        if conf["retry"] <= conf["timeout"] * rounds:
            hint = f"Make it longer than timeout x {rounds} = {conf['timeout'] * rounds} seconds."
            found.append(Error(f"Q_CLUSTER: `retry` of {name} is too short.", hint=hint, id="dashboard.E001"))
    return found


@register
def check_public_url(**kwargs: Any) -> list[CheckMessage]:
    """Another provider downloads portraits and sounds from this site."""
    if settings.EMBEDDED or settings.PUBLIC_URL:
        return []
    hint = "Set PUBLIC_URL to the address under which the avatar service can download portraits and audio."
    return [
        Warning(
            "CG_AVATAR_API_URL names another provider, but PUBLIC_URL is not set.",
            hint=hint,
            id="dashboard.W001",
        )
    ]


@register
def check_data_folder(**kwargs: Any) -> list[CheckMessage]:
    """The data folder is writable."""
    try:
        probe = settings.FILE_UPLOAD_TEMP_DIR / ".probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        hint = "Set DATA_DIR to a folder that this user can write to."
        return [
            Error(f"The data folder cannot be written: {error.strerror}.", hint=hint, id="dashboard.E002")
        ]
    return []
