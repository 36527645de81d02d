"""How several processes share the tests (pytest-xdist); nothing of it matters in one.

A pytest plugin. Each process has a data folder, a database and caches of its own (tests/settings.py, pytest-django).
"""

import os
from typing import Any

import pytest

# What takes longest begins first, so that no process works on alone in the end.
FIRST = ["tests/product/", "tests/animator/", "tests/browser/"]
# These folders stay in one process each. The product takes all cores and its processes are counted and killed; the
# others share what is expensive to make.
TOGETHER = ["tests/product/", "tests/animator/", "tests/videos/studio/"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are cores: about half of the time a test waits, for a page, a lease or a child process."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _place(item.nodeid, FIRST))


def _place(nodeid: str, folders: list[str]) -> int:
    return next((place for place, folder in enumerate(folders) if nodeid.startswith(folder)), len(folders))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A scheduler of our own: `--dist loadgroup` of pytest-xdist 3.8 does not group with pytest 9.2 (its issue 1386)."""
    if config.getoption("dist") != "load":
        return None  # somebody asked for another
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            place = _place(nodeid, TOGETHER)
            return TOGETHER[place] if place < len(TOGETHER) else nodeid

    config.option.loadscopereorder = False  # the order above is meant
    return Scheduling(config, log)
