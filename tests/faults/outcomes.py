"""What came of the runs, and the table of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

READY, RETRIED, MISSED, BAD = "✓", "↻", "–", "✗"
LEGEND = (
    f"{READY} ready by itself; {RETRIED} failed with a sentence and ready after “Try again”; "
    f"{MISSED} ended well, but was not in that stage any more when the fault came; {BAD} not so"
)

# A fault of a process of a cluster: its row is that of the cluster.
_PART = re.compile(r"^((?:kill -9|SIGTERM|stop) \w+) (?:guard|worker|monitor|pusher|children)$")


@dataclass
class Run:
    """One fault that came over work in all stages. The dictionaries have a stage as their key."""

    fault: str
    skipped: str = ""
    seconds: float = 0
    ready: list[str] = field(default_factory=list)
    sentences: dict[str, str] = field(default_factory=dict)  # of failures that were tried again
    missed: dict[str, str] = field(default_factory=dict)  # the state in which the fault found them
    stuck: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    is_started_again: bool = False

    @property
    def is_bad(self) -> bool:
        return bool(self.stuck or self.problems)

    def mark(self, stage: str) -> str:
        if stage in self.stuck:
            return BAD
        if stage not in self.ready:
            return ""
        if stage in self.missed:
            return MISSED
        return RETRIED if stage in self.sentences else READY

    @property
    def notes(self) -> list[str]:
        found = ["started again by hand"] if self.is_started_again else []
        return [*found, *self.problems, *(f"{stage}: {text}" for stage, text in self.stuck.items())]


class Outcomes:
    """All runs; printed as they come, and kept in `path`."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.groups: dict[str, list[Run]] = {}

    def begin_group(self, title: str) -> None:
        self.runs = self.groups.setdefault(title, [])
        print(title, flush=True)

    def add(self, run: Run) -> None:
        self.runs.append(run)
        retried = {stage: text for stage, text in run.sentences.items() if stage not in run.stuck}
        words = run.skipped or ("BAD" if run.is_bad else "ok")
        print(f"{run.fault:32} {run.seconds:4.0f} s  {words}  {'; '.join(run.notes)}", flush=True)
        for name, found in (("tried again", retried), ("not reached", run.missed)):
            if found:
                print(f"    {name}: {found}", flush=True)
        if self.path:
            self.path.write_text(self.render())

    def count_bad(self) -> int:
        return sum(run.is_bad for runs in self.groups.values() for run in runs)

    def render(self) -> str:
        """The tables in Markdown: a row for each fault, those of one cluster in one row; a column for each stage."""
        lines = [f"{date.today():%d %B %Y}. {LEGEND}."]
        for title, runs in self.groups.items():
            stages = sorted({one for run in runs for one in [*run.ready, *run.stuck]})
            lines += ["", f"With {title}:", ""]
            lines += [f"{number}. {stage}" for number, stage in enumerate(stages, 1)]
            lines += [
                "",
                "| fault | " + " | ".join(str(one) for one in range(1, len(stages) + 1)) + " | seconds | |",
            ]
            lines += ["| --- |" + " --- |" * (len(stages) + 2)]
            groups: dict[str, list[Run]] = {}
            for run in runs:
                groups.setdefault(_PART.sub(r"\1", run.fault), []).append(run)
            lines += [_render_row(name, group, stages) for name, group in groups.items()]
            lines += ["", *self._summarize(runs)]
        return "\n".join(lines) + "\n"

    def _summarize(self, runs: list[Run]) -> Iterator[str]:
        tried = [run for run in runs if not run.skipped]
        marks = [run.mark(stage) for run in tried for stage in {*run.ready, *run.stuck}]
        yield (
            f"{len(tried)} faults, {len(marks)} cases: {marks.count(READY)} ready by themselves, {marks.count(RETRIED)} "
            f"after “Try again”, {marks.count(MISSED)} were not reached in their stage, {marks.count(BAD)} bad."
        )
        for text in sorted({text for run in runs for text in run.sentences.values()}):
            yield f"- what a failed one said: {text}"


def _render_row(name: str, runs: list[Run], stages: list[str]) -> str:
    """Of several faults the worst mark counts; that work was missed, only if all did."""
    cells = []
    for stage in stages:
        marks = {run.mark(stage) for run in runs}
        cells.append(next((mark for mark in (BAD, RETRIED, READY, MISSED) if mark in marks), ""))
    parts = [run.fault.removeprefix(name).strip() or "itself" for run in runs]
    title = f"{name}: {', '.join(parts)}" if len(runs) > 1 else runs[0].fault
    notes = [note for run in runs for note in ([f"not run: {run.skipped}"] if run.skipped else run.notes)]
    words = "; ".join(dict.fromkeys(notes)).replace("|", "/")
    return f"| {title} | {' | '.join(cells)} | {max(run.seconds for run in runs):.0f} | {words} |"
