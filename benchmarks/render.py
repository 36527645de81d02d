"""How fast the animator is and what it needs: python benchmarks/render.py [--quick]

Every row runs in a process of its own, as in the product: an avatar by one, a video by another that has to start
first. The floor is only encoding the same number of finished frames and masks with the same settings. Seconds by the
clock mean something on a quiet machine alone; CPU seconds (of all threads) suffer less from what else is running. The
load in the last column is the machine's own average of the last minute when the row ended: what is above the row's
own two threads came from something else.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
PORTRAIT = ROOT / "tests/fixtures/astronaut.jpg"
SPEECH = ROOT / "tests/fixtures/speech.wav"
HEAD = "renderers  sound  short side     render   x real time        CPU      floor   floor CPU  x floor    memory   load"


def looped(path: Path, seconds: float) -> Path:
    """The fixture's speech over and over."""
    with wave.open(str(SPEECH)) as r:
        kind, data = r.getparams(), r.readframes(r.getnframes())
    need = int(seconds * kind.framerate) * kind.sampwidth
    with wave.open(str(path), "wb") as w:
        w.setparams(kind)
        w.writeframes((data * (need // len(data) + 1))[:need])
    return path


def cpu() -> float:
    """Seconds of all threads of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(do: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, CPU seconds."""
    t, c = time.perf_counter(), cpu()
    do()
    return time.perf_counter() - t, cpu() - c


def memory() -> float:
    """MB at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# ---------------------------------------------------------------- what a process of its own measures


def avatar(folder: Path) -> dict[str, float]:
    """A rig, twice: with the libraries still to be loaded, and without."""
    from engine.animator import build_rig

    took = {}
    for key in ("cold", "warm"):
        took[key], took[f"{key} CPU"] = timed(
            lambda: build_rig(PORTRAIT, folder / "rig.npz", folder / "p.jpg")
        )
    return took | {"memory": memory()}


def video(folder: Path, seconds: float, size: int, with_floor: bool) -> dict[str, float]:
    from engine.animator import render

    name = f"{os.getpid()}"
    sound = looped(folder / f"{name}.wav", seconds)
    shown, mask = folder / f"{name}.mp4", folder / f"{name}-mask.mp4"
    took = {}
    took["render"], took["CPU"] = timed(lambda: render(folder / "rig.npz", sound, shown, mask, size=size))
    took["memory"] = memory()
    if with_floor:
        took["floor"], took["floor CPU"] = floor(folder, shown, mask, sound)
    return took


def floor(folder: Path, shown: Path, mask: Path, sound: Path) -> tuple[float, float]:
    """Only encoding as many finished frames: the first 100 of the video, to and fro."""
    import av
    import numpy as np

    from engine.animator.encoder import Encoder
    from engine.animator.sound import open_soundtrack

    frames = []
    with av.open(str(shown)) as a, av.open(str(mask)) as b:
        n = a.streams.video[0].frames
        for x, y in zip(a.decode(video=0), b.decode(video=0), strict=True):
            frames.append(np.dstack([x.to_ndarray(format="bgr24"), y.to_ndarray(format="gray")]))
            if len(frames) == 100:
                break
    order = [*range(len(frames)), *range(len(frames) - 1, -1, -1)]
    soundtrack = open_soundtrack(sound)
    h, w = frames[0].shape[:2]

    def encode() -> None:
        with Encoder(folder / "f.mp4", folder / "g.mp4", (w, h), soundtrack) as out:
            for i in range(n):
                out.write(frames[order[i % len(order)]])

    return timed(encode)


# ---------------------------------------------------------------- the rows


def start(folder: Path, *arguments: object) -> subprocess.Popen:
    run = [sys.executable, __file__, "--one", str(folder), *map(str, arguments)]
    return subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def result(process: subprocess.Popen) -> dict[str, float]:
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"a run ended with {process.returncode}")
    return json.loads(out.splitlines()[-1])


def row(name: str, seconds: float, size: int, r: dict[str, float]) -> None:
    encoded = f"{'':31s}"
    if "floor" in r:
        encoded = f"{r['floor']:7.1f} s {r['floor CPU']:9.1f} s {r['render'] / r['floor']:8.1f} "
    print(
        f"{name:9s} {seconds:4.0f} s  {size:10d}  {r['render']:7.1f} s {r['render'] / seconds:13.2f}"
        f"  {r['CPU']:7.1f} s  {encoded} {r['memory']:6.0f} MB {os.getloadavg()[0]:6.1f}",
        flush=True,
    )


def main() -> None:
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("--quick", action="store_true", help="leave out ten minutes, and two at once")
    a.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    z = a.parse_args()
    if z.one:
        folder, *rest = z.one
        if rest:
            took = video(Path(folder), float(rest[0]), int(rest[1]), bool(int(rest[2])))
        else:
            took = avatar(Path(folder))
        print(json.dumps(took))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        r = result(start(folder))
        print(
            f"avatar: cold {r['cold']:.1f} s (CPU {r['cold CPU']:.1f} s), warm {r['warm']:.1f} s"
            f" (CPU {r['warm CPU']:.1f} s), {r['memory']:.0f} MB\n\n{HEAD}",
            flush=True,
        )
        for seconds, size, with_floor in [(10, 720, 1), (60, 720, 1), (60, 1080, 1), (600, 720, 0)]:
            if seconds < 600 or not z.quick:
                row("one", seconds, size, result(start(folder, seconds, size, with_floor)))
        both = [] if z.quick else [start(folder, 60, 720, 0) for _ in range(2)]
        for process in both:
            row("of two", 60, 720, result(process))


if __name__ == "__main__":
    main()
