"""python -m engine.animator PORTRAIT SOUND OUT.mp4: make a talking video from the command line."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from . import AnimatorError, build_rig, captions, render


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m engine.animator", description="Animate a portrait with a sound."
    )
    parser.add_argument("portrait", type=Path)
    parser.add_argument("sound", type=Path)
    parser.add_argument("out", type=Path, help="the video to write (.mp4)")
    parser.add_argument("--mask", type=Path, help="a second video: the person white on black")
    parser.add_argument("--size", type=int, help="short side in pixels (default 720)")
    parser.add_argument(
        "--seed", type=int, default=0, help="a different number gives different blinks and movements"
    )
    parser.add_argument(
        "--script", help="what the sound says, in English, or a text file with it, for more exact lips"
    )
    parser.add_argument("--captions", type=Path, help="with --script: captions to write (.vtt or .srt)")
    options = parser.parse_args(argv)

    def progress(share: float) -> None:
        print(f"\r{share:4.0%}", end="", file=sys.stderr, flush=True)

    try:
        with tempfile.TemporaryDirectory() as folder:
            rig = Path(folder) / "rig.npz"
            portrait = build_rig(options.portrait, rig, Path(folder) / "preview.jpg")
            for key in portrait.warnings:
                print(portrait.warning(key), file=sys.stderr)
            script = _read_script(options.script)
            info = render(
                rig,
                options.sound,
                options.out,
                options.mask,
                size=options.size,
                seed=options.seed,
                progress=progress,
                script=script,
            )
    except AnimatorError as e:
        print(f"\n{e}" if sys.stderr.isatty() else e, file=sys.stderr)
        return 1
    except FileNotFoundError as e:
        print(f"There is no file {e.filename}.", file=sys.stderr)
        return 1
    if script and not info.words:
        print("\rThe script does not match the sound; it was not used.", file=sys.stderr)
    elif options.captions and info.words:
        write = captions.to_srt if options.captions.suffix.lower() == ".srt" else captions.to_vtt
        options.captions.write_text(write(info.words), encoding="utf-8")
    print(
        f"\r{options.out}: {info.duration:.2f} s, {info.frames} frames, {info.width} x {info.height}",
        file=sys.stderr,
    )
    return 0


def _read_script(script: str | None) -> str | None:
    """The value of --script, or the text of the file that it names."""
    if script and len(script) < 255 and Path(script).is_file():
        return Path(script).read_text(encoding="utf-8-sig", errors="replace")
    return script


if __name__ == "__main__":
    sys.exit(main())
