"""Clusters that lose processes, or whose processes stand still, work again without anybody's help."""

import os
import signal
import time

import psutil
import pytest

from tests.product.running import Product, until

pytestmark = pytest.mark.slow

CLUSTERS = {
    "worker": None,
    "generate": "generate",
    "download": "download",
    "studio": "studio",
    "rigger": "rig",
    "renderer": "engine",
}


def send(product: Product, program: str, task: str, *arguments: object, times: int = 1) -> None:
    """Put tasks without a row into the queue of a cluster."""
    cluster = CLUSTERS[program]
    given = ", ".join(map(repr, arguments))
    product.ask(
        "from django_q.tasks import async_task\n"
        f"for _ in range({times}): async_task({task!r}, {given}, cluster={cluster!r})\n"
        "print(1)"
    )


def is_working(product: Product, program: str) -> bool:
    """Whether a further task is done, and acknowledged, within some seconds."""
    send(product, program, "math.sqrt", 4, times=4)
    return bool(until(lambda: log_count(product, program) >= 4, 30))


def log_count(product: Product, program: str) -> int:
    return product.log(program).rpartition("KILLED")[2].count("Processed 'math.sqrt'")


def mark(product: Product, program: str) -> None:
    with (product.data / "logs" / f"{program}.log").open("a") as log:
        log.write("KILLED\n")


@pytest.mark.parametrize("program", ["worker", "renderer"])
def test_a_cluster_that_loses_all_processes_under_its_guard_at_once_works_on(product, program):
    """With django-q2's own guard, tasks would be taken and run, and none would ever be acknowledged."""
    send(product, program, "time.sleep", 3, times=2)
    assert until(lambda: "processing" in product.log(program), 20)
    time.sleep(0.5)
    mark(product, program)
    for pid in product.pids(program)[2:]:
        os.kill(pid, signal.SIGKILL)
    time.sleep(4)
    assert is_working(product, program), product.log(program)[-3000:]


@pytest.mark.long
def test_a_cluster_whose_guard_stands_still_is_started_again(product):
    """From outside: neither the guard nor supervisor, which sees its main process live, could notice it."""
    main, guard, *_ = product.pids("studio")
    mark(product, "studio")
    os.kill(guard, signal.SIGSTOP)
    assert until(lambda: not psutil.pid_exists(main), 180, every=1), product.log("poller")[-3000:]
    assert until(lambda: len(product.pids("studio")) == 5, 30), product.pids("studio")
    assert is_working(product, "studio"), product.log("studio")[-3000:]
