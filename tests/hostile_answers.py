"""Every way in which the answer to a call can be wrong, as bytes on the wire, and what each has to be taken for."""

import gzip
import itertools
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Any

from dashboard.provider.answers import ProviderError

Wire = bytes | Callable[[], Iterable[bytes]]


class Outcome(Enum):
    """What the answer to a generate call says about the order."""

    ACCEPTED = "accepted"  # it was carried out, here is its id
    REFUSED = "refused"  # it was not, and would not be the next time
    PASSING = "passing"  # it was not, but may be the next time
    UNCLEAR = "unclear"  # nobody knows: it must not simply be made again


def http(status: int | str, body: bytes = b"", *headers: str, length: bool = True) -> bytes:
    """An answer with this status line, these further headers and this body."""
    headers = ("Connection: close", *headers, *([f"Content-Length: {len(body)}"] if length else []))
    lines = [f"HTTP/1.1 {status}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def chunked(*parts: bytes) -> bytes:
    return http("200 OK", b"".join(parts), "Transfer-Encoding: chunked", length=False)


def envelope(data: object, code: object = 0, message: object = "success") -> bytes:
    return json.dumps({"code": code, "data": data, "message": message}).encode()


def for_ever(start: bytes, part: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: itertools.chain([start], itertools.repeat(part))


def _zeros(*headers: str, times: int = 1) -> Callable[[], list[bytes]]:
    """300 MB of them, packed by gzip to 300 KB or less. A function, because that takes a second."""

    def make() -> list[bytes]:
        packer = zlib.compressobj(9, wbits=31)
        body = b"".join(packer.compress(bytes(2**20)) for _ in range(300)) + packer.flush()
        return [http("200 OK", _packed(body, times - 1), *headers)]

    return make


def many_values() -> list[bytes]:
    """30 MB of text that would take a gigabyte of memory."""
    return [http("200 OK", b'{"code": 0, "data": [' + b"[]," * 10_000_000 + b"[]]}")]


def _packed(body: bytes, times: int) -> bytes:
    for _ in range(times):
        body = gzip.compress(body)
    return body


# ---------------------------------------------------------------- HTTP itself

BROKEN_HTTP: dict[str, Wire] = {
    "nothing at all": b"",
    "half a status line": b"HTTP/1.",
    "another protocol": b"SSH-2.0-OpenSSH_9.2p1\r\n",
    "no protocol": b'{"code": 0}',
    "zeros": bytes(1000),
    "a status line without end": for_ever(b"HTTP/1.1 200 ", b"O" * 65536),
    "a status that is no number": http("abc OK"),
    "a status of four digits": http("9999 OK"),
    "a negative status": http("-200 OK"),
    "a status in other digits": "HTTP/1.1 ２００ OK\r\n\r\n".encode(),
    "headers without end": for_ever(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000),
    "one header without end": for_ever(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 65536),
    "a header without a colon": http("200 OK", b"", "nonsense"),
    "a header with NUL": http("200 OK", b"", "X-\0: \0"),
    "headers that break off": b"HTTP/1.1 200 OK\r\nContent-Le",
    "continue, without end": for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "switching protocols": http("101 Switching Protocols", b"", "Upgrade: websocket"),
    "no content": http(204),
    "reset content": http(205),
    "a part of the content": http(206, b"{", "Content-Range: bytes 0-0/100"),
    "a chunk size that is no number": chunked(b"zz\r\nabc\r\n0\r\n\r\n"),
    "a negative chunk size": chunked(b"-5\r\nabc\r\n0\r\n\r\n"),
    "a chunk size of 16 digits": chunked(b"ffffffffffffffff\r\nabc"),
    "a chunk size without end": for_ever(chunked(), b"1" * 65536),
    "chunks that break off": chunked(b"5\r\nab"),
    "chunks without an end": chunked(b"2\r\n{}\r\n"),
    "trailers without end": for_ever(chunked(b"0\r\n"), b"X: y\r\n" * 1000),
    "less than announced": http("200 OK", b"{", "Content-Length: 100", length=False),
    "a negative length": http("200 OK", b"{}", "Content-Length: -1", length=False),
    "two lengths": http("200 OK", b"{}", "Content-Length: 5", "Content-Length: 2", length=False),
    "a length of a thousand digits": http("200 OK", b"{}", "Content-Length: " + "9" * 1000, length=False),
    "a body without end": for_ever(http("200 OK", length=False), b" " * 65536),
    "gzip that is none": http("200 OK", b"no gzip", "Content-Encoding: gzip"),
    "gzip that breaks off": http("200 OK", _packed(b"{}" * 1000, 1)[:20], "Content-Encoding: gzip"),
    "gzip of 300 MB": _zeros("Content-Encoding: gzip"),
    "gzip in gzip of 300 MB": _zeros("Content-Encoding: gzip, gzip", times=2),
    "packed forty times": http("200 OK", _packed(b"{}", 40), "Content-Encoding: " + ", ".join(["gzip"] * 40)),
    "deflate that is none": http("200 OK", b"\xff\xff", "Content-Encoding: deflate"),
    "ten million empty lists": many_values,
    "a packing that nobody knows": http("200 OK", b"\xff\xff", "Content-Encoding: br, zstd, lzma"),
}

# ---------------------------------------------------------------- JSON

BROKEN_JSON: dict[str, bytes] = {
    "an empty body": b"",
    "a page": b"<html><body>It works!</body></html>",
    "half of it": b'{"code": 0, "data": {"video_id"',
    "two of them": b'{"code": 0}{"code": 0}',
    "something behind it": b'{"code": 0, "data": {"video_id": "a", "avatar_id": "a"}}garbage',
    "single quotes": b"{'code': 0}",
    "a list": b"[0]",
    "a number": b"0",
    "null": b"null",
    "text": b'"success"',
    "200,000 opening brackets": b"[" * 200_000,
    "200,000 opening braces": b'{"code": 0, "data": ' + b'{"a":' * 200_000,
    "an exponent beyond all bounds": b'{"code": 1e999999999}',
    "a number of 100,000 digits": b'{"code": ' + b"1" * 100_000 + b"}",
    "no letters": bytes(range(128, 256)),
    "no code": b'{"data": {"video_id": "a", "avatar_id": "a"}, "message": "success"}',
    "NaN for a code": b'{"code": NaN}',
    "Infinity for a code": b'{"code": -Infinity}',
    "a truth for a code": b'{"code": false, "data": {"video_id": "a", "avatar_id": "a"}}',
    "a list for a code": b'{"code": [0], "data": {"video_id": "a", "avatar_id": "a"}}',
    "a word for a code": b'{"code": "zero", "data": {"video_id": "a", "avatar_id": "a"}}',
    "a fraction for a code": b'{"code": 0.5, "data": {"video_id": "a", "avatar_id": "a"}}',
    "a code, and then null": b'{"code": 0, "code": null, "data": {"video_id": "a", "avatar_id": "a"}}',
}


def _with_id(value: object) -> bytes:
    return envelope({"video_id": value, "avatar_id": value})


BAD_IDS: dict[str, bytes] = {
    "no data": envelope(None),
    "a number for data": envelope(5),
    "text for data": envelope("good-1"),
    "an empty list": envelope([]),
    "an empty object": envelope({}),
    "a list in a list": envelope([[{"video_id": "a", "avatar_id": "a"}]]),
    "an empty id": _with_id(""),
    "null for an id": _with_id(None),
    "a truth for an id": _with_id(True),
    "a list for an id": _with_id(["a"]),
    "a fraction for an id": _with_id(1.5),
    "NaN for an id": _with_id(float("nan")),
    "an id of 4,000 digits": _with_id(10**4000),
    "an id of a million letters": _with_id("a" * 1_000_000),
    "an id with a surrogate": _with_id("a\ud800"),
    "an id with NUL": _with_id("a\0b"),
    "an id in two lines": _with_id("a\nb"),
    "an id that turns the line round": _with_id("a\u202eb"),
}

# ---------------------------------------------------------------- words that are clear enough


def accepted(item_id: str) -> dict[str, Wire]:
    """Successful answers with this id, as odd as they may be."""
    item = {"video_id": item_id, "avatar_id": item_id}
    body = envelope(item)
    size = len(body)
    return {
        "the wrong kind of content": http("200 OK", body, "Content-Type: image/png"),
        "an encoding that nobody knows": http("200 OK", body, "Content-Type: application/json; charset=x-no"),
        "a byte order mark": http("200 OK", b"\xef\xbb\xbf" + body),
        "UTF-16": http("200 OK", body.decode().encode("utf-16")),
        "UTF-32": http("200 OK", body.decode().encode("utf-32")),
        "no length": http("200 OK", body, length=False),
        "chunks": chunked(b"%x\r\n%s\r\n0\r\n\r\n" % (size, body)),
        "chunks with a comment": chunked(b"%x;x=%s\r\n%s\r\n0\r\n\r\n" % (size, b"y" * 1000, body)),
        "gzip": http("200 OK", gzip.compress(body), "Content-Encoding: gzip"),
        "more than announced": http("200 OK", body, f"Content-Length: {size}", length=False) + b"garbage",
        "ninety cookies": http("200 OK", body, *[f"Set-Cookie: c{n}={'x' * 500}" for n in range(90)]),
        "two codes": http("200 OK", b'{"code": 10003, ' + body[1:]),
        "a code as text": http("200 OK", envelope(item, code="0")),
        "a code as a fraction": http("200 OK", envelope(item, code=0.0)),
        "201": http("201 Created", body),
        "202": http("202 Accepted", body),
        "odd headers": http("200 OK", body, "X-Ratelimit-Left: nan", "Date: yesterday", "Retry-After: -1"),
        "control characters": http("200 OK", body.replace(b"success", b"a\0\tb")),
        "a state of its own": http("200 OK", envelope(item | {"status": "error", "progress": float("nan")})),
        "dates out of range": http("200 OK", envelope([item | {"created_at": 10**300, "duration": -1}])),
        "a framing of nonsense": http(
            "200 OK",
            envelope([item | {"framing": {"eyes": [10**400, None]}, "faces": [[1e308] * 4], "face": -1}]),
        ),
    }


REFUSED: dict[str, Wire] = {
    "a refusal": http("400 Bad Request", envelope(None, 10003, "Face is too small")),
    "a refusal with HTTP 200": http("200 OK", envelope(None, "10003", "Face is too small")),
    "a refusal with HTTP 299": http("299 Odd", envelope(None, 7, "no")),
    "a refusal with a million letters": http("400 Bad", envelope(None, 10003, "word " * 200_000)),
    "a refusal with surrogates": http("400 Bad", envelope(None, 10003, "x\ud800y")),
    "a refusal with markup": http("400 Bad", envelope(None, 10003, "<script>alert(1)</script>")),
    "a refusal without words": http("422 Bad", envelope(None, 10003, {"why": ["?"]})),
    "a refusal without a code": http("400 Bad", b'{"detail": "no"}'),
    "a refusal with a code that wraps around": http("400 Bad", envelope(None, 2**64, "no")),
    "a refusal with an id": http("400 Bad", envelope({"video_id": "a", "avatar_id": "a"}, 10003, "no")),
    "a refusal with a code below zero": http("200 OK", envelope(None, -1, "no")),
    "a redirect to itself": http("302 Found", b"", "Location: /v1/cg_avatar/video.generate"),
    "a redirect that keeps the method": http("307 Temporary", b"", "Location: /v1/cg_avatar/video.generate"),
    "a redirect to nonsense": http("301 Moved", b"", "Location: http://[\xff"),
    "a redirect without an address": http("303 See Other"),
    "several choices": http("300 Multiple Choices", b"[]"),
    "nothing new": http("304 Not Modified"),
    "a proxy that wants a name": http("407 Proxy Authentication Required"),
    "not for you": http("403 Forbidden", envelope(None, 4003, "not yours")),
    "gone": http("410 Gone", b"<html>"),
    "a teapot": http("418 I'm a teapot", b"short and stout"),
    "for legal reasons": http("451 Unavailable", envelope(None, 451, "no")),
    "a status beyond the known ones": http("499 Odd"),
}

PASSING: dict[str, Wire] = {
    "too many requests": http("429 Too Many", envelope(None, 1009, "Too Many Request")),
    "too many requests with HTTP 200": http("200 OK", envelope(None, "1009", "Too Many Request")),
    "too many requests until no time": http("429 Too Many", b"", "X-Ratelimit-Reset: nan"),
    "too many requests until for ever": http("429 Too Many", b"", "X-Ratelimit-Reset: 1e400"),
    "too many requests until long ago": http("429 Too Many", b"", "X-Ratelimit-Reset: -99999999999999"),
    "too many requests until the year 9999": http("429 Too Many", b"", "X-Ratelimit-Reset: 253402300799999"),
    "an error of the API": http("500 Error", envelope(None, 1011, "oops")),
    "overload by the API": http("503 Busy", envelope(None, 1007, "busy")),
}


def catalogue() -> Iterator[tuple[str, Wire, Outcome]]:
    """All answers to a generate call: a name, the bytes, what they have to be taken for."""
    for name, wire in BROKEN_HTTP.items():
        yield name, wire, Outcome.UNCLEAR
    for name, body in (BROKEN_JSON | BAD_IDS).items():
        yield name, http("200 OK", body), Outcome.UNCLEAR
    for status in ("500 Error", "502 Bad Gateway", "504 Timeout", "520 Odd", "599 Odd"):
        yield f"the page of a gateway, {status}", http(status, b"<html>\xff\0</html>"), Outcome.UNCLEAR
    for answers, outcome in (
        (accepted("good-1"), Outcome.ACCEPTED),
        (REFUSED, Outcome.REFUSED),
        (PASSING, Outcome.PASSING),
    ):
        for name, wire in answers.items():
            yield name, wire, outcome


def try_call(call: Callable[[], Any]) -> tuple[list[Any], ProviderError | None]:
    """What a call of the client returned, and its error."""
    try:
        found = call()
    except ProviderError as error:
        return [], error
    return found if isinstance(found, list) else [found], None
