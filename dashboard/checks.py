"""What can be wrong with an installation, as messages of `manage.py check` with a hint."""

import math
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register
def queue_outlasts_its_memory(**kwargs: Any) -> list[CheckMessage]:
    """A task waiting in a cluster's memory counts against `retry`: too short, and it runs twice (django-q2 1.11)."""
    base = {key: value for key, value in settings.Q_CLUSTER.items() if key != "ALT_CLUSTERS"}
    clusters = {"default": base} | {
        name: base | special for name, special in settings.Q_CLUSTER["ALT_CLUSTERS"].items()
    }
    found: list[CheckMessage] = []
    for name, conf in clusters.items():
        rounds = 1 + math.ceil((conf["queue_limit"] + 1) / conf["workers"])
        if conf["retry"] <= conf["timeout"] * rounds:
            hint = f"Make it longer than timeout x {rounds} = {conf['timeout'] * rounds} seconds."
            found.append(Error(f"Q_CLUSTER: `retry` of {name} is too short.", hint=hint, id="dashboard.E001"))
    return found


@register
def provider_can_reach_us(**kwargs: Any) -> list[CheckMessage]:
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
def data_folder_can_be_written(**kwargs: Any) -> list[CheckMessage]:
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
