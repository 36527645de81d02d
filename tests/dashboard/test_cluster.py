"""What a cluster does about the one before it."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from dashboard.processes import cluster


@pytest.fixture
def leftover() -> Iterator[subprocess.Popen]:
    """A process in a group of its own that looks like what is left of the worker's cluster."""
    sleep = "import time; print('here', flush=True); time.sleep(60)"
    command = [sys.executable, "-c", sleep, "manage.py", "cluster", "worker"]
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE) as process:
        process.stdout.readline()  # a process that has only just begun has no command line yet
        yield process
        process.kill()


def test_what_is_left_of_the_cluster_before_is_ended_also_where_there_is_no_ps(
    leftover, tmp_path, monkeypatch
):
    if sys.platform == "linux":
        monkeypatch.setenv("PATH", "")
    pid_file = tmp_path / "cluster-worker.pid"
    pid_file.write_text(str(leftover.pid))
    cluster._kill_predecessor("worker", pid_file)
    assert leftover.wait(30) == -9


def test_another_cluster_that_has_the_number_by_now_is_left_alone(leftover, tmp_path):
    pid_file = tmp_path / "cluster-rig.pid"
    pid_file.write_text(str(leftover.pid))
    cluster._kill_predecessor("rig", pid_file)
    with pytest.raises(subprocess.TimeoutExpired):
        leftover.wait(0.5)
