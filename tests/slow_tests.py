"""Lists, at the end of a run, the tests that take more than a second and are not marked `slow`.

Seconds of the processor, of this process and of the children it has waited for: they stay about the same on a busy
machine. What fixtures of a module or a session take belongs to no test in particular and is not counted.
"""

import os
from collections.abc import Generator
from typing import Any

import pytest

LIMIT = 1.0  # seconds
UNMARKED = "unmarked_seconds"

_started = pytest.StashKey[float]()
_shared = 0.0  # seconds that fixtures of a wider scope took during the present test


def _processor_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
    global _shared
    started, shared = _processor_seconds(), _shared
    result = yield
    if fixturedef.scope != "function":
        _shared = shared + _processor_seconds() - started
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    global _shared
    _shared = 0.0
    item.stash[_started] = _processor_seconds()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call":
        seconds = _processor_seconds() - item.stash[_started] - _shared
        if seconds > LIMIT and not any(item.get_closest_marker(name) for name in ("slow", "browser")):
            report.user_properties.append((UNMARKED, seconds))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = [
        (value, report.nodeid)
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == UNMARKED
    ]
    if found:
        terminalreporter.section("over a second, but not marked slow")
        for seconds, nodeid in sorted(found, reverse=True):
            terminalreporter.write_line(f"{seconds:5.1f} s  {nodeid}")
