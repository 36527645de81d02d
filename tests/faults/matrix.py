"""The matrix of faults × stages, and what came of each: `make faults`.

    .venv/bin/python -m tests.faults [--only WORDS ...] [--stop-seconds 25] [--table FILE]

A run brings work into every stage at once, does one harm, and judges each piece of work by itself. A case passes if it
ends ready, or failed with a sentence and ready after "Try again"; a run, if nothing was ordered twice, no file is
without a row, no row without its file, every batch is noticed as done, and /health/ says that all is well.
"""

import argparse
import re
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.fake_provider import FakeProvider
from tests.faults.engine_stages import EngineStages
from tests.faults.installation import PARTS, Installation, hold, send
from tests.faults.outcomes import Outcomes, Run
from tests.faults.stages import ProviderStages
from tests.faults.surroundings import list_surroundings, own_disk
from tests.faults.work import ENDED, Work
from tests.product.running import until

COMMON = ("web", "web children", "poller", "supervisor", "launcher", "everything")
CLUSTERS = ("worker", "generate", "download", "studio")
ENGINE_CLUSTERS = ("rigger", "renderer")
KILL, STOP, TERM = "kill -9", "stop", "SIGTERM"
READY_SECONDS = 240
RELEASE_SECONDS = 4  # after the harm began
RETRIES = 2

Harm = Callable[[Installation], None]


class Stages(Protocol):
    def begin(self) -> list[Work]: ...
    def release(self) -> None: ...
    def count_repeated_orders(self) -> int: ...


@dataclass(frozen=True)
class Fault:
    """`harm` does it and, where that makes sense, undoes it. `skipped`: why it cannot be tried here."""

    name: str
    harm: Harm
    skipped: str = ""
    is_held: bool = False  # nothing goes on before it is over


def list_faults(clusters: tuple[str, ...], stop_seconds: float) -> list[Fault]:
    """All faults of these clusters and of what all share; those of disk, database and clock are in surroundings.py."""
    targets = [*COMMON, *(f"{name}{part}" for name in clusters for part in PARTS)]
    found = [
        Fault(f"{name} {target}", _harm_processes(name, target, stop_seconds))
        for target in targets
        for name in (KILL, TERM, STOP)
    ]
    found.append(Fault("stop 100 s all guards", lambda site: _stop_guards(site, clusters)))
    return found


def list_other_faults() -> list[Fault]:
    """The faults of what the product stands on."""
    # What ends after the backup is gone with it, and that is right.
    return [
        Fault(name, harm, skipped, is_held="backup" in name)
        for name, (harm, skipped) in list_surroundings().items()
    ]


def _harm_processes(name: str, target: str, stop_seconds: float) -> Harm:
    def harm(site: Installation) -> None:
        pids = site.pids(target)
        if name == STOP:
            hold(site, pids, stop_seconds)
        else:
            send(pids, signal.SIGKILL if name == KILL else signal.SIGTERM)

    return harm


def _stop_guards(site: Installation, clusters: tuple[str, ...]) -> None:
    """For longer than the watchdog waits, with no lease ended by hand."""
    hold(site, [pid for name in clusters for pid in site.pids(f"{name} guard")], 100, expire=False)


def try_fault(site: Installation, stages: Stages, fault: Fault) -> Run:
    """Bring work into all stages, do the harm, and see what comes of each piece of it."""
    site.start_again_if_it_ended()  # after the run before
    works = stages.begin()
    run = Run(fault.name)
    for work in works:
        row = site.product.row(work.query)
        if not work.is_reached(row):
            run.missed[work.stage] = str(row["state"])
    began = time.monotonic()
    going_on = threading.Timer(RELEASE_SECONDS, stages.release)
    try:
        if not fault.is_held:
            going_on.start()
        fault.harm(site)
    finally:
        if fault.is_held:
            going_on.start()
        going_on.join()
    time.sleep(1)
    Judge(site, run, works).judge()
    run.seconds = time.monotonic() - began
    if repeated := stages.count_repeated_orders():
        run.problems.append(f"{repeated} ordered twice")
    if wrong := site.find_new_wrong_files():
        run.problems.append(f"files: {wrong[:3]}")
    if not until(lambda: site.console.call("count_open_batches") == 0, 30, 1):
        run.problems.append("a batch is not noticed as done")
    if not until(site.is_healthy, 90, 2):
        run.problems.append("/health/ says that something does not work")
    return run


@dataclass
class Judge:
    """Waits until all work has ended, and tries again what failed, as a person would."""

    site: Installation
    run: Run
    works: list[Work]
    retries: dict[str, int] = field(default_factory=dict)

    def judge(self) -> None:
        open_works = list(self.works)
        deadline = time.monotonic() + READY_SECONDS
        while open_works and time.monotonic() < deadline:
            if self.site.start_again_if_it_ended():
                self.run.is_started_again = True
            open_works = [work for work in open_works if not self._has_ended(work)]
            time.sleep(0.5)
        for work in open_works:
            row = self.site.product.row(work.query)
            self.run.stuck[work.stage] = f"{row['state']} {row['error']}"

    def _has_ended(self, work: Work) -> bool:
        """Whether nothing more will come of it."""
        row = self.site.product.row(work.query)
        if row["state"] not in ENDED:
            return False
        if row["state"] == "ready":
            self.run.ready.append(work.stage)
            return True
        self.run.sentences[work.stage] = str(row["error"])
        tries = self.retries[work.stage] = self.retries.get(work.stage, 0) + 1
        if not row["error"] or not work.retry or tries > RETRIES:
            self.run.stuck[work.stage] = f"{row['state']} {row['error'] or 'without a sentence'}"
            return True
        self.site.post(work.retry.format(row["id"]))
        return False


@contextmanager
def at_a_provider(folder: Path) -> Iterator[tuple[Installation, Stages]]:
    """An installation that uses another provider."""
    provider = FakeProvider({})
    settings = ProviderStages.SETTINGS | {"CG_AVATAR_API_URL": provider.url}
    with Installation(folder, **settings) as site:
        stages = ProviderStages(site, provider, folder)
        yield site, stages
        stages.release()
    provider.shutdown()
    provider.server_close()


@contextmanager
def at_our_engine(folder: Path) -> Iterator[tuple[Installation, Stages]]:
    """An installation that uses its own engine."""
    with Installation(folder, **EngineStages.SETTINGS) as site:
        yield site, EngineStages(site, folder)


def run(faults: list[Fault], site: Installation, stages: Stages, outcomes: Outcomes) -> None:
    """Try the faults, and print what came of each when it is done."""
    for fault in faults:
        try:
            outcome = (
                try_fault(site, stages, fault)
                if not fault.skipped
                else Run(fault.name, skipped=fault.skipped)
            )
        except Exception as error:  # the next one goes on
            traceback.print_exc()
            outcome = Run(fault.name, problems=[f"the run broke: {error!r}"])
        outcomes.add(outcome)
        if outcome.is_bad:
            site.stop()
            site.start()
            site.files_before = site.find_wrong_files()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only",
        nargs="*",
        default=[],
        help="regular expressions that all have to be found in the name of a fault",
    )
    parser.add_argument("--stop-seconds", type=float, default=25, help="how long a stopped process stands")
    parser.add_argument("--table", type=Path, help="where the table is kept as well, as it grows")
    options = parser.parse_args()
    outcomes = Outcomes(options.table)
    groups = [
        (
            "another provider",
            at_a_provider,
            list_faults(CLUSTERS, options.stop_seconds) + list_other_faults(),
        ),
        ("our own engine", at_our_engine, list_faults(ENGINE_CLUSTERS, options.stop_seconds)),
    ]
    for title, begin, faults in groups:
        chosen = [
            one for one in faults if all(re.search(word, f"{one.name} ({title})") for word in options.only)
        ]
        if not chosen:
            continue
        outcomes.begin_group(title)
        with (
            tempfile.TemporaryDirectory(prefix="faults-") as name,
            own_disk(Path(name)),
            begin(Path(name)) as (site, stages),
        ):
            run(chosen, site, stages, outcomes)
    print(outcomes.render())
    return 1 if outcomes.count_bad() else 0
