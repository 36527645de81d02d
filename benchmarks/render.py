"""How fast the animator renders, and what it needs: python benchmarks/render.py [--long]

Every row runs in a process of its own, so that the peak of its memory is its own. The floor is only encoding the same
number of finished frames and masks with the same settings. The load in the last column is the machine's own average
of the last minute when the row ended: what is above the row's own two or three threads came from something else.
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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
PORTRAIT = ROOT / "tests/fixtures/astronaut.jpg"
SPEECH = ROOT / "tests/fixtures/speech.wav"


def looped(path: Path, seconds: float) -> Path:
    """The fixture's speech over and over."""
    with wave.open(str(SPEECH)) as r:
        kind, data = r.getparams(), r.readframes(r.getnframes())
    need = int(seconds * kind.framerate) * kind.sampwidth
    with wave.open(str(path), "wb") as w:
        w.setparams(kind)
        w.writeframes((data * (need // len(data) + 1))[:need])
    return path


def one(seconds: float, size: int, with_floor: bool) -> dict[str, float]:
    """Measured in this process: rig cold and warm, rendering, floor (s), memory (MB)."""
    from engine.animator import build_rig, render

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        took = {}
        for key in ("rig cold", "rig warm"):
            t = time.perf_counter()
            build_rig(PORTRAIT, folder / "rig.npz", folder / "p.jpg")
            took[key] = time.perf_counter() - t
        sound = looped(folder / "sound.wav", seconds)
        t = time.perf_counter()
        render(folder / "rig.npz", sound, folder / "o.mp4", folder / "m.mp4", size=size)
        took["render"] = time.perf_counter() - t
        took["memory MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        if with_floor:
            took["floor"] = floor(folder, sound)
    return took


def floor(folder: Path, sound: Path) -> float:
    """Seconds for only encoding as many finished frames (the first 100 of o.mp4 and m.mp4, to and fro)."""
    import av
    import numpy as np

    from engine.animator import sound as sounds
    from engine.animator.encoder import Encoder

    frames = []
    with av.open(str(folder / "o.mp4")) as a, av.open(str(folder / "m.mp4")) as b:
        n = a.streams.video[0].frames
        for x, y in zip(a.decode(video=0), b.decode(video=0), strict=True):
            frames.append(np.dstack([x.to_ndarray(format="bgr24"), y.to_ndarray(format="gray")]))
            if len(frames) == 100:
                break
    order = [*range(len(frames)), *range(len(frames) - 1, -1, -1)]
    kept = sounds.frames(sound, 48000, "mono", "fltp")
    h, w = frames[0].shape[:2]
    t = time.perf_counter()
    with Encoder(folder / "f.mp4", folder / "g.mp4", w, h, kept, 48000, "mono") as out:
        for i in range(n):
            out.write(frames[order[i % len(order)]])
    return time.perf_counter() - t


def start(seconds: float, size: int, with_floor: bool = True) -> subprocess.Popen:
    run = [sys.executable, __file__, "--one", str(seconds), str(size), str(int(with_floor))]
    return subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def result(process: subprocess.Popen) -> dict[str, float]:
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"a run ended with {process.returncode}")
    return json.loads(out.splitlines()[-1])


def row(name: str, seconds: float, size: int, r: dict[str, float]) -> None:
    ratio = f"{r['render'] / r['floor']:8.1f}" if "floor" in r else "       -"
    print(
        f"{name:14s} {seconds:4.0f} s  {size:6d}  {r['render']:7.1f} s  {r['render'] / seconds:9.2f}    {ratio}"
        f"   {r['memory MB']:5.0f} MB   {r['rig cold']:5.1f} / {r['rig warm']:.1f} s   {os.getloadavg()[0]:5.1f}",
        flush=True,
    )


def main() -> None:
    a = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    a.add_argument("--long", action="store_true", help="ten minutes too")
    a.add_argument("--one", nargs=3, type=float, help=argparse.SUPPRESS)
    z = a.parse_args()
    if z.one:
        print(json.dumps(one(z.one[0], int(z.one[1]), bool(z.one[2]))))
        return
    print(
        "renderers      sound     size    render    x real time   x floor   memory     avatar cold / warm  load"
    )
    for seconds, size in [(10, 720), (60, 720), (60, 1080), *([(600, 720)] if z.long else [])]:
        row("one", seconds, size, result(start(seconds, size)))
    both = [start(60, 720, False) for _ in range(2)]
    for i, r in enumerate([result(p) for p in both]):
        row(f"two, the {('first', 'second')[i]}", 60, 720, r)


if __name__ == "__main__":
    main()
