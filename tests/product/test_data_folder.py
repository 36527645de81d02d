"""A data folder belongs to one start of the product at a time, also after a start that ended badly."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from dashboard.management.commands.launch import control_socket
from tests.product.running import ROOT, Product, environment, free_port, running, until

pytestmark = [pytest.mark.long, pytest.mark.slow]


def start_beside(product: Product, port: int | None = None) -> subprocess.CompletedProcess[str]:
    """What a second start with the same data folder says; one that stays is stopped."""
    return subprocess.run(
        [sys.executable, "-u", "manage.py", "launch"],
        cwd=ROOT,
        env=environment(product.data, port or free_port()),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def processes_of(data: Path) -> list[psutil.Process]:
    """Everything that was started with this data folder and still runs."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("DATA_DIR") == str(data) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def supervisor_pid(product: Product) -> int:
    return int((product.data / "run" / "supervisord.pid").read_text())


def test_another_port_starts_no_second_installation_on_the_same_data(product):
    done = start_beside(product)
    assert done.returncode == 0, done.stderr
    assert f"Already running at {product.url.replace('127.0.0.1', 'localhost')}." in done.stdout


def test_all_processes_end_when_their_supervisor_is_killed(tmp_path):
    with running(tmp_path / "data") as product:
        os.kill(supervisor_pid(product), signal.SIGKILL)
        assert until(lambda: processes_of(product.data) == [], 20), processes_of(product.data)
        assert "stopped unexpectedly" in product.output.read_text()
    with running(tmp_path / "data"):  # and the next start works
        pass


def test_what_a_killed_start_has_left_is_ended_by_the_next_one(tmp_path):
    """Processes that stand still cannot end by themselves."""
    with running(tmp_path / "data") as product:
        stopped = [product.pids("manage.py poll")[0], product.pids("rigger")[1]]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        # The kernel's signal that ends them is not SIGKILL for the poller, and for the guard it comes from its main process.
        for pid in (supervisor_pid(product), product.process.pid):
            os.kill(pid, signal.SIGKILL)
        product.process.wait(10)
        assert until(lambda: len(processes_of(product.data)) <= 2, 20), processes_of(product.data)
        assert psutil.pid_exists(stopped[0])
    with running(tmp_path / "data") as again:
        assert not any(psutil.pid_exists(pid) for pid in stopped)
        assert again.pids("manage.py poll")


def test_while_the_supervisor_lives_a_killed_launcher_leaves_the_product_running(tmp_path):
    with running(tmp_path / "data") as product:
        os.kill(product.process.pid, signal.SIGKILL)
        product.process.wait(10)
        done = start_beside(product)
        assert f"Already running at {product.url.replace('127.0.0.1', 'localhost')}." in done.stdout
        assert f"kill {supervisor_pid(product)}" in done.stdout
        os.kill(supervisor_pid(product), signal.SIGTERM)
        assert until(lambda: processes_of(product.data) == [], 30), processes_of(product.data)


def test_a_start_that_does_not_answer_keeps_its_folder_and_the_next_one_says_how_to_end_it(tmp_path):
    """Before its supervisor has a socket, or after it was removed, the lock alone says that somebody is there."""
    with running(tmp_path / "data") as product:
        control_socket(product.data / "run").unlink()
        done = start_beside(product)
        assert done.returncode != 0
        assert "is in use by another start" in done.stderr
        assert "Traceback" not in done.stderr
        pids = done.stderr.rpartition("kill -9 ")[2].split()
        subprocess.run(["kill", "-9", *pids], check=False)
        product.process.wait(10)
    with running(tmp_path / "data"):
        pass
