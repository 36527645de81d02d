"""The gain by a script: how well the lips correlate with those of real people, with the script and without.

MATERIAL=folder python benchmarks/script_gain.py [--size 480]

`folder/talking/clips/NAME` contains portrait.png, audio.wav, truth.mp4 (a recording of the person saying it) and meta.json;
clips of tier A that have a `text` are used. Each is rendered twice with the same seed; the inner lip gap is measured in
the video and the recording with the same face mesh; r0 is their correlation at lag 0. Prints r0 of each clip, and the mean
of the paired differences with a 95 % interval (Student's t, and bootstrap over the clips).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

FPS = 25
T975 = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26, 10: 2.23, 15: 2.13}
UPPER, LOWER, LEFT, RIGHT = (82, 13, 312), (87, 14, 317), (33, 133), (362, 263)  # of the face mesh


def lip_gap(video: Path) -> np.ndarray:
    """(n,): the inner lip gap relative to the distance of the eyes, at 25 Hz; interpolated where no face is found."""
    import av
    import mediapipe as mp

    times, gaps = [], []
    with av.open(str(video)) as box, mp.solutions.face_mesh.FaceMesh(refine_landmarks=True) as mesh:
        for frame in box.decode(video=0):
            picture = frame.to_ndarray(format="rgb24")
            found = mesh.process(picture).multi_face_landmarks
            if not found:
                continue
            h, w = picture.shape[:2]
            p = np.array([(q.x * w, q.y * h) for q in found[0].landmark])
            eyes = np.linalg.norm(p[[*LEFT]].mean(0) - p[[*RIGHT]].mean(0))
            gaps.append(np.linalg.norm(p[[*UPPER]] - p[[*LOWER]], axis=1).mean() / eyes)
            times.append(float(frame.time))
    return np.interp(np.arange(int((times[-1] + 1 / FPS) * FPS)) / FPS, times, gaps)


def correlate(a: np.ndarray, b: np.ndarray) -> float:
    """The correlation of two tracks at lag 0, over their common length."""
    n = min(len(a), len(b))
    return float(np.corrcoef(a[:n], b[:n])[0, 1])


def measure(clip: Path, text: str, size: int) -> tuple[float, float, bool]:
    """r0 without and with the script, and whether the script was used."""
    from engine.animator import build_rig, render

    truth = lip_gap(clip / "truth.mp4")
    results: list[float] = []
    is_used = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build_rig(clip / "portrait.png", folder / "rig.npz", folder / "p.jpg", min_face=40)
        for script in (None, text):
            info = render(
                folder / "rig.npz",
                clip / "audio.wav",
                folder / "o.mp4",
                None,
                size=size,
                seed=1,
                script=script,
            )
            is_used = bool(info.words)
            results.append(correlate(lip_gap(folder / "o.mp4"), truth))
    return results[0], results[1], is_used


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=480, help="short side in pixels")
    options = parser.parse_args()
    material = os.environ.get("MATERIAL")
    if not material or not (clips := sorted((Path(material) / "talking" / "clips").glob("*/meta.json"))):
        print("Skipped: MATERIAL names no folder with talking/clips/*/meta.json.")
        return
    print(f"{'clip':16s} without   with   difference")
    differences = []
    for path in clips:
        meta = json.loads(path.read_text())
        if meta.get("tier") != "A" or not meta.get("text"):
            continue
        without, with_script, is_used = measure(path.parent, meta["text"], options.size)
        note = "" if is_used else "   (script not used)"
        print(
            f"{path.parent.name:16s}   {without:5.2f}  {with_script:5.2f}        {with_script - without:+.3f}{note}",
            flush=True,
        )
        differences.append(with_script - without)
    if len(differences) < 2:
        print("Too few clips with a text for an interval.")
        return
    d = np.array(differences)
    n = len(d)
    half = T975.get(n - 1, 2.0) * d.std(ddof=1) / np.sqrt(n)
    means = np.random.default_rng(0).choice(d, (20000, n)).mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    print(
        f"mean difference {d.mean():+.3f} over {n} clips; 95 %: t {d.mean() - half:+.3f} to {d.mean() + half:+.3f},"
    )
    print(f"bootstrap {low:+.3f} to {high:+.3f}. With so few clips, only a large difference means anything.")


if __name__ == "__main__":
    main()
