"""IPTC's vocabulary of digital source types: how a picture, a sound or a video came about."""

from typing import Any

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# The face of the embedded engine's videos is a photo, but its movement and the inside of the mouth are drawn.
COMPOSITE_SYNTHETIC = f"{IPTC}compositeSynthetic"
# What is assumed of a provider that says nothing: a portrait that a generative model has changed.
COMPOSITE_WITH_TRAINED_MEDIA = f"{IPTC}compositeWithTrainedAlgorithmicMedia"

# In plain words, for pages.
LABELS = {
    f"{IPTC}compositeSynthetic": "Put together from several parts, some of them made by a computer",
    f"{IPTC}compositeWithTrainedAlgorithmicMedia": "Changed with generative AI",
    f"{IPTC}trainedAlgorithmicMedia": "Made by generative AI",
    f"{IPTC}algorithmicMedia": "Made by a computer program, without AI",
    f"{IPTC}algorithmicallyEnhanced": "Improved by a computer program",
    f"{IPTC}composite": "Put together from several parts",
    f"{IPTC}compositeCapture": "Put together from several recordings of real life",
    f"{IPTC}digitalCapture": "Recorded from real life with a camera or a microphone",
    f"{IPTC}computationalCapture": "Recorded from real life with a camera that merges several pictures",
    f"{IPTC}digitalCreation": "Made by a person with a computer",
    f"{IPTC}humanEdits": "Changed by a person",
    f"{IPTC}screenCapture": "Recorded from a screen",
    f"{IPTC}virtualRecording": "Recorded from a virtual event",
}
# What a provider may declare of a talking video: everything else would say that it was recorded.
SYNTHETIC = {
    f"{IPTC}{name}"
    for name in (
        "compositeSynthetic",
        "compositeWithTrainedAlgorithmicMedia",
        "trainedAlgorithmicMedia",
        "algorithmicMedia",
    )
}
MAX_LENGTH = 100


def parse_synthetic(value: Any) -> str:
    """The address of the source type that a provider declares; empty if it is none for a synthetic video."""
    if not isinstance(value, str) or len(value) > MAX_LENGTH:
        return ""
    address = IPTC + value.rstrip("/").rpartition("/")[2]
    return address if address in SYNTHETIC else ""


def describe(address: str) -> str:
    """In plain words; the address itself if this vocabulary has no such term, empty without one."""
    return LABELS.get(address.replace("https://", "http://", 1), address)
