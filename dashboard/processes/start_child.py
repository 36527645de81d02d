"""Starts one process of the product: `python -m dashboard.processes.start_child FOLDER SIGNAL COMMAND...`

The command replaces this process, which has bound it before: it gets SIGNAL when supervisor is gone, and it has the
lock by which the next start of the product sees that somebody is left (FOLDER is DATA_DIR/run).
"""

import os
import signal
import sys
from pathlib import Path

from dashboard.processes.data_lock import share_children_lock
from dashboard.processes.parent_death import end_with_parent


def main(folder: str, name: str, *command: str) -> None:
    end_with_parent(signal.Signals[name])
    share_children_lock(Path(folder))
    os.execv(command[0], command)  # noqa: S606 - no shell is meant


if __name__ == "__main__":
    main(*sys.argv[1:])
