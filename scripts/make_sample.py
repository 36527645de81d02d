"""Make the sample video that Home shows to a new team, with the engine as it is now.

    .venv/bin/python scripts/make_sample.py

Writes static/samples/sample.mp4, sample.jpg (its first frame) and sample.vtt. The engine writes nearly lossless
films for further work; here it is encoded once more, as small as a page wants it.
"""

import sys
import tempfile
from pathlib import Path

import av

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "static" / "samples"
SIZE = 480  # px, the shorter side
PICTURE = {"preset": "veryslow", "crf": "25", "profile": "high", "tune": "film"}
BT709, LIMITED = 1, 1  # as the engine writes it


def main() -> None:
    sys.path.insert(0, str(ROOT))
    from engine import animator
    from engine.animator import captions

    script = (SAMPLES / "voice.txt").read_text(encoding="utf-8").strip()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rig, film = folder / "rig.npz", folder / "film.mp4"
        animator.build_rig(SAMPLES / "portrait.jpg", rig, folder / "preview.jpg")
        info = animator.render(rig, SAMPLES / "voice.mp3", film, None, size=SIZE, seed=1, script=script)
        if not info.words:
            raise SystemExit("The words of voice.txt do not fit voice.mp3.")
        (SAMPLES / "sample.vtt").write_text(captions.to_vtt(info.words), encoding="utf-8")
        shrink(film, SAMPLES / "sample.mp4", SAMPLES / "sample.jpg")
    for path in sorted(SAMPLES.glob("sample.*")):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


def shrink(film: Path, small: Path, poster: Path) -> None:
    """The picture encoded once more, the sound as it is."""
    options = {"movflags": "+faststart"}
    with av.open(str(film)) as source, av.open(str(small), "w", format="mp4", options=options) as target:
        picture, sound = source.streams.video[0], source.streams.audio[0]
        video = target.add_stream("libx264", rate=picture.average_rate, options=PICTURE)
        video.width, video.height, video.pix_fmt = picture.width, picture.height, "yuv420p"
        context = video.codec_context
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = LIMITED
        audio = target.add_stream_from_template(sound)
        for packet in source.demux(picture, sound):
            if packet.stream is sound and packet.size:
                packet.stream = audio
                target.mux(packet)
                continue
            for frame in packet.decode() if packet.stream is picture else ():
                if frame.pts == 0:
                    frame.to_image().save(poster, quality=82)
                target.mux(video.encode(frame))
        target.mux(video.encode(None))


if __name__ == "__main__":
    main()
