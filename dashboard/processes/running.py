"""Which processes of this machine run."""

import os


def is_running(pid: int) -> bool:
    """Whether the process runs. If another one has got its number, the lease has to expire instead."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # alive, with another user
        pass
    return True
