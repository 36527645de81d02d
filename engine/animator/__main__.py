"""python -m engine.animator PORTRAIT SOUND OUT.mp4: one talking video from the command line."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from . import AnimatorError, build_rig, captions, render


def main(argv: list[str] | None = None) -> int:
    a = argparse.ArgumentParser(prog="python -m engine.animator", description="Let a portrait speak a sound.")
    a.add_argument("portrait", type=Path)
    a.add_argument("sound", type=Path)
    a.add_argument("out", type=Path, help="the video to write (.mp4)")
    a.add_argument("--mask", type=Path, help="a second video: the person white on black")
    a.add_argument("--size", type=int, help="short side in pixels (default 720)")
    a.add_argument("--seed", type=int, default=0, help="another number, other blinks and movements")
    a.add_argument(
        "--script", help="what the sound says, in English, or a text file with it: lips more exact"
    )
    a.add_argument("--captions", type=Path, help="with --script: captions to write (.vtt or .srt)")
    z = a.parse_args(argv)

    def progress(share: float) -> None:
        print(f"\r{share:4.0%}", end="", file=sys.stderr, flush=True)

    try:
        with tempfile.TemporaryDirectory() as folder:
            rig = Path(folder) / "rig.npz"
            info = build_rig(z.portrait, rig, Path(folder) / "preview.jpg")
            for key in info.warnings:
                print(info.warning(key), file=sys.stderr)
            script = _text(z.script)
            done = render(
                rig, z.sound, z.out, z.mask, size=z.size, seed=z.seed, progress=progress, script=script
            )
    except AnimatorError as e:
        print(f"\n{e}" if sys.stderr.isatty() else e, file=sys.stderr)
        return 1
    except FileNotFoundError as e:
        print(f"There is no file {e.filename}.", file=sys.stderr)
        return 1
    if script and not done.words:
        print("\rThe script does not fit the sound; it was left aside.", file=sys.stderr)
    elif z.captions and done.words:
        write = captions.srt if z.captions.suffix.lower() == ".srt" else captions.vtt
        z.captions.write_text(write(done.words), encoding="utf-8")
    print(
        f"\r{z.out}: {done.duration:.2f} s, {done.frames} frames, {done.width} x {done.height}",
        file=sys.stderr,
    )
    return 0


def _text(script: str | None) -> str | None:
    """What --script says, or the text of the file that it names."""
    if script and len(script) < 255 and Path(script).is_file():
        return Path(script).read_text(encoding="utf-8-sig", errors="replace")
    return script


if __name__ == "__main__":
    sys.exit(main())
