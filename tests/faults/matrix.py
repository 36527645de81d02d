"""The matrix of faults × stages, and what came of each: `make faults`.

    .venv/bin/python -m tests.faults [--only WORDS ...] [--stop-seconds 75]

A case passes if the work ends ready, or failed with a sentence and ready after "Try again"; with no order sent twice,
no file without a row, no row without its file.
"""

import argparse
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.installation import Installation, hold, send
from tests.faults.stages import READY_SECONDS, Stages, Work
from tests.faults.surroundings import list_surroundings, own_disk
from tests.product.running import until

CLUSTERS = ("worker", "generate", "download", "studio", "rigger", "renderer")
TARGETS = [
    "web",
    "web children",
    *(f"{name}{part}" for name in CLUSTERS for part in ("", " guard", " child", " children")),
    "poller",
    "supervisor",
    "launcher",
    "everything",
]
KILL, STOP, TERM = "kill -9", "stop", "SIGTERM"
ENDED = {"ready", "failed", "unsure", "cancelled"}

Harm = Callable[[Installation], None]


@dataclass(frozen=True)
class Fault:
    """`harm` does it and, where that makes sense, undoes it. `skipped`: why it cannot be tried here."""

    name: str
    harm: Harm
    skipped: str = ""


def list_faults(stop_seconds: float) -> list[Fault]:
    """All faults. Those of disk, media, database and clock are rows of `more_faults`."""
    found = []
    for target in TARGETS:
        for name in (KILL, TERM, STOP):
            found.append(Fault(f"{name} {target}", _harm_processes(name, target, stop_seconds)))
    return found + more_faults()


def more_faults() -> list[Fault]:
    """The faults of what the product stands on."""
    return [Fault(name, harm, skipped) for name, (harm, skipped) in list_surroundings().items()]


def _harm_processes(name: str, target: str, stop_seconds: float) -> Harm:
    def harm(installation: Installation) -> None:
        pids = installation.pids(target)
        if name == STOP:
            hold(pids, stop_seconds)
        else:
            send(pids, signal.SIGKILL if name == KILL else signal.SIGTERM)

    return harm


def try_case(
    installation: Installation, stages: Stages, begin: Callable[[], Work | None], fault: Fault
) -> str:
    """Reach the stage, do the harm, and see what comes of it. What begins with "ok" is good."""
    installation.start_again_if_it_ended()  # after the case before
    work = begin()
    if work is None:
        return "the stage was not reached"
    browser = threading.Thread(target=work.background or (lambda: None), daemon=True)
    browser.start()
    fault.harm(installation)
    time.sleep(1)
    notes = ["started again"] if installation.start_again_if_it_ended() else []
    if not _ends(installation, stages, work):
        return f"STUCK: {stages.states(work)}"
    for pk, sentence in stages.failures(work):
        notes.append(f"failed: {sentence}")
        if not sentence or not work.retry:
            return f"FAILED {'with' if sentence else 'without'} a sentence: {sentence}"
        installation.post(work.retry.format(pk))
    if not until(lambda: stages.states(work) == ["ready"] * work.expected, READY_SECONDS):
        return f"STUCK after a retry: {stages.states(work)} {notes}"
    browser.join(READY_SECONDS)
    if stages.orders(work) > work.expected:
        return f"TWICE: {stages.orders(work)} orders"
    if wrong := installation.new_wrong_files():
        return f"FILES: {wrong[:3]}"
    return "; ".join(["ok", *notes])


def _ends(installation: Installation, stages: Stages, work: Work) -> bool:
    def look() -> bool:
        installation.start_again_if_it_ended()  # in good order, which takes some seconds
        states = stages.states(work)
        return len(states) == work.expected and set(states) <= ENDED

    return bool(until(look, READY_SECONDS, every=0.5))


def run(faults: list[Fault], only: list[str], folder: Path) -> dict[tuple[str, str], str]:
    """Try the cases and print each when it is done. Returns the outcomes by fault and stage."""
    outcomes = {}
    with Installation(folder) as installation:
        stages = Stages(installation, folder)
        for fault in faults:
            for stage, begin in stages.names().items():
                if not all(word in f"{fault.name} × {stage}" for word in only):
                    continue
                began = time.monotonic()
                outcome = f"not run: {fault.skipped}" if fault.skipped else ""
                try:
                    outcome = outcome or try_case(installation, stages, begin, fault)
                except Exception as error:  # the next case goes on
                    traceback.print_exc()
                    outcome = f"BROKEN: {error!r}"
                outcomes[fault.name, stage] = outcome
                print(f"{fault.name:28} {stage:20} {time.monotonic() - began:4.0f} s  {outcome}", flush=True)
                if not outcome.startswith(("ok", "not run", "the stage")):
                    installation.stop()
                    installation.start()
                    installation.files_before = installation.files()
    return outcomes


def print_table(outcomes: dict[tuple[str, str], str]) -> None:
    """The matrix: a row for each fault, a column for each stage; then why cases were not run."""
    stages = list(dict.fromkeys(stage for _, stage in outcomes))
    print("\n| fault | " + " | ".join(stages) + " |\n|" + " --- |" * (len(stages) + 1))
    for fault in dict.fromkeys(fault for fault, _ in outcomes):
        cells = [outcomes.get((fault, stage), "").replace("|", "/") for stage in stages]
        print(f"| {fault} | " + " | ".join(cells) + " |")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", default=[], help="words that the name of a case has to contain")
    parser.add_argument("--stop-seconds", type=float, default=75, help="how long a stopped process stands")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, own_disk(Path(folder)):
        outcomes = run(list_faults(options.stop_seconds), options.only, Path(folder))
    print_table(outcomes)
    good = [one for one in outcomes.values() if one.startswith("ok")]
    missed = [one for one in outcomes.values() if one.startswith(("not run", "the stage"))]
    bad = len(outcomes) - len(good) - len(missed)
    print(f"\n{len(outcomes)} cases: {len(good)} ok, {bad} bad, {len(missed)} not run")
    return 1 if bad else 0
