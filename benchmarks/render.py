"""The speed and the memory of the animator: python benchmarks/render.py [--quick]

Every row runs in a process of its own, as in the product: an avatar in one, a video in another, with its start. The
baseline is encoding the same number of finished frames and masks with the same settings. Wall-clock seconds are
meaningful on an idle machine only; CPU seconds (of all threads) depend less on other work. The load in the last column
is the machine's average over the last minute when the row ended; more than the row's two threads is other work.
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
HEADER = "renderers  sound  short side     render   x real time        CPU   baseline    base. CPU  x base.    memory   load"


def write_speech(path: Path, seconds: float) -> Path:
    """Write the speech of the fixture, repeated to this length."""
    with wave.open(str(SPEECH)) as source:
        params, data = source.getparams(), source.readframes(source.getnframes())
    size = int(seconds * params.framerate) * params.sampwidth
    with wave.open(str(path), "wb") as target:
        target.setparams(params)
        target.writeframes((data * (size // len(data) + 1))[:size])
    return path


def cpu_seconds() -> float:
    """CPU seconds of all threads of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(function: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock seconds and CPU seconds of a call."""
    t, c = time.perf_counter(), cpu_seconds()
    function()
    return time.perf_counter() - t, cpu_seconds() - c


def peak_memory() -> float:
    """MB of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# ---------------------------------------------------------------- measured in a process of its own


def measure_avatar(folder: Path) -> dict[str, float]:
    """Build a rig twice: the first time the libraries have to be loaded."""
    from engine.animator import build_rig

    took = {}
    for key in ("cold", "warm"):
        took[key], took[f"{key} CPU"] = measure(
            lambda: build_rig(PORTRAIT, folder / "rig.npz", folder / "p.jpg")
        )
    return took | {"memory": peak_memory()}


def measure_video(folder: Path, seconds: float, size: int, with_baseline: bool) -> dict[str, float]:
    """Render a video, and encode its frames alone if `with_baseline`."""
    from engine.animator import render

    name = f"{os.getpid()}"
    sound = write_speech(folder / f"{name}.wav", seconds)
    shown, mask = folder / f"{name}.mp4", folder / f"{name}-mask.mp4"
    took = {}
    took["render"], took["CPU"] = measure(lambda: render(folder / "rig.npz", sound, shown, mask, size=size))
    took["memory"] = peak_memory()
    if with_baseline:
        took["baseline"], took["baseline CPU"] = measure_encoding(folder, shown, mask, sound)
    return took


def measure_encoding(folder: Path, shown: Path, mask: Path, sound: Path) -> tuple[float, float]:
    """Encode as many finished frames: the first 100 of the video, forwards and backwards."""
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

    return measure(encode)


# ---------------------------------------------------------------- rows


def start_process(folder: Path, *arguments: object) -> subprocess.Popen[str]:
    run = [sys.executable, __file__, "--one", str(folder), *map(str, arguments)]
    return subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def read_result(process: subprocess.Popen[str]) -> dict[str, float]:
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"a run ended with {process.returncode}")
    result: dict[str, float] = json.loads(out.splitlines()[-1])
    return result


def print_row(name: str, seconds: float, size: int, r: dict[str, float]) -> None:
    baseline = f"{'':31s}"
    if "baseline" in r:
        ratio = r["render"] / r["baseline"]
        baseline = f"{r['baseline']:7.1f} s {r['baseline CPU']:9.1f} s {ratio:8.1f} "
    print(
        f"{name:9s} {seconds:4.0f} s  {size:10d}  {r['render']:7.1f} s {r['render'] / seconds:13.2f}"
        f"  {r['CPU']:7.1f} s  {baseline} {r['memory']:6.0f} MB {os.getloadavg()[0]:6.1f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="skip ten minutes, and two at once")
    parser.add_argument("--one", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        folder, *rest = options.one
        if rest:
            took = measure_video(Path(folder), float(rest[0]), int(rest[1]), bool(int(rest[2])))
        else:
            took = measure_avatar(Path(folder))
        print(json.dumps(took))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        r = read_result(start_process(folder))
        print(
            f"avatar: cold {r['cold']:.1f} s (CPU {r['cold CPU']:.1f} s), warm {r['warm']:.1f} s"
            f" (CPU {r['warm CPU']:.1f} s), {r['memory']:.0f} MB\n\n{HEADER}",
            flush=True,
        )
        for seconds, size, with_baseline in [(10, 720, 1), (60, 720, 1), (60, 1080, 1), (600, 720, 0)]:
            if seconds < 600 or not options.quick:
                print_row(
                    "one", seconds, size, read_result(start_process(folder, seconds, size, with_baseline))
                )
        both = [] if options.quick else [start_process(folder, 60, 720, 0) for _ in range(2)]
        for process in both:
            print_row("of two", 60, 720, read_result(process))


if __name__ == "__main__":
    main()
