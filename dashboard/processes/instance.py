"""The name of this installation's part on this machine: what holders of leases and heartbeats begin with.

Not the host's name: containers may share it, and then living leases of one would be freed by the other. The name is kept
beside the pid files, so that the next start frees what the processes of the last one held; it is in no backup.
"""

from functools import cache

from django.conf import settings

from dashboard.config import generated_secrets


@cache
def get_instance() -> str:
    """A random name, made at the first start with this data folder."""
    return generated_secrets.get_or_create(settings.DATA_DIR / "run", "instance", 9)


def name_process(pid: int) -> str:
    """Instance and number of a process, as leases and heartbeats have it."""
    return f"{get_instance()} {pid}"
