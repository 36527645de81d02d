"""XMP with IPTC's digital source type, put into a finished file without encoding it again.

Content Credentials are lost where a service does not know them; XMP survives in more places. The formats differ in
where the packet goes, and in nothing else.
"""

import mmap
import re
import struct
import uuid
import zlib
from pathlib import Path
from xml.sax.saxutils import quoteattr

NAMESPACE = b"http://ns.adobe.com/xap/1.0/\x00"  # in JPEG
BOX = uuid.UUID("be7acfcb-97a9-42e8-9c71-999491e3afac").bytes  # in MP4, MOV and M4A
GIF_TRAILER = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"  # leads readers of any block size to the end
IN_BOXES = ("mp4", "mov", "m4a")
SUPPORTED = {*IN_BOXES, "jpg", "png", "webp", "gif"}
_SOURCE_TYPE = re.compile(rb"https?://cv\.iptc\.org/newscodes/digitalsourcetype/[A-Za-z]{1,60}")
_IMAGE_FLAGS = {"alpha": 0x10, "xmp": 0x04}


def build_packet(source_type: str) -> bytes:
    """The XMP packet that names the source type."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f"Iptc4xmpExt:DigitalSourceType={quoteattr(source_type)}/></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    ).encode()


def insert(path: Path, suffix: str, source_type: str) -> None:
    """Put the packet into the file. Raises ValueError if it is not a file of this kind."""
    packet = build_packet(source_type)
    if suffix in IN_BOXES:
        with path.open("r+b") as file:
            if file.read(8)[4:] not in (b"ftyp", b"wide", b"moov", b"mdat", b"free"):
                raise ValueError("no boxes")
            file.seek(0, 2)  # at the end, where it moves nothing that the index points to
            file.write(struct.pack(">I4s", 24 + len(packet), b"uuid") + BOX + packet)
        return
    write = {"jpg": _insert_jpeg, "png": _insert_png, "webp": _insert_webp, "gif": _insert_gif}[suffix]
    path.write_bytes(write(path.read_bytes(), packet))


def find_source_type(path: Path) -> str:
    """The first source type that the file names, in whatever place; empty if there is none."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = _SOURCE_TYPE.search(data)
        return found.group().decode() if found else ""


def _insert_jpeg(data: bytes, packet: bytes) -> bytes:
    if data[:2] != b"\xff\xd8":
        raise ValueError("no JPEG")
    at = 2
    if data[2:4] == b"\xff\xe0":  # JFIF has to be first
        at += 2 + int.from_bytes(data[4:6], "big")
    body = NAMESPACE + packet
    return data[:at] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[at:]


def _insert_png(data: bytes, packet: bytes) -> bytes:
    header = 8 + 25  # the signature and IHDR, which is first
    if data[12:16] != b"IHDR":
        raise ValueError("no PNG")
    body = b"iTXt" + b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + packet
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:header] + chunk + data[header:]


def _insert_webp(data: bytes, packet: bytes) -> bytes:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise ValueError("no WebP")
    body = bytearray(data[12 : 8 + int.from_bytes(data[4:8], "little")])
    if body[:4] == b"VP8X":
        body[8] |= _IMAGE_FLAGS["xmp"]
    else:
        body[:0] = _describe_webp(bytes(body))
    body += b"XMP " + struct.pack("<I", len(packet)) + packet + b"\x00" * (len(packet) % 2)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + bytes(body)


def _describe_webp(body: bytes) -> bytes:
    """The header VP8X, which a simple file does not have and one with metadata needs."""
    flags = _IMAGE_FLAGS["xmp"]
    if body[:4] == b"VP8L":
        bits = int.from_bytes(body[9:13], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        flags |= _IMAGE_FLAGS["alpha"] if bits >> 28 & 1 else 0
    elif body[:4] == b"VP8 ":
        width, height = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (14, 16))
    else:
        raise ValueError("no WebP")
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X" + struct.pack("<I", 10) + bytes([flags, 0, 0, 0]) + size


def _insert_gif(data: bytes, packet: bytes) -> bytes:
    if data[:4] != b"GIF8" or not data.endswith(b";"):
        raise ValueError("no GIF")
    return b"GIF89a" + data[6:-1] + b"\x21\xff\x0bXMP DataXMP" + packet + GIF_TRAILER + b";"
