"""A connection between a browser and the tests' web server that can be cut, and heal again."""

import contextlib
import socket
import threading
from urllib.parse import urlsplit


class ShakyLine:
    """Forwards every connection to `server`. While it is cut, open ones break and new ones are refused.

    `allowance`: the line cuts itself after so many bytes more from the browser. With `lose_answers` what the browser
    sends arrives, and what comes back does not.
    """

    def __init__(self, server: str) -> None:
        parts = urlsplit(server)
        self.server = (parts.hostname or "localhost", parts.port or 80)
        self.allowance: int | None = None
        self.lose_answers = False
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listen(0)
        self.url = f"http://localhost:{self.port}"

    def _listen(self, port: int) -> None:
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.is_cut = False
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def cut(self) -> None:
        with self._lock:
            if self.is_cut:
                return
            self.is_cut = True
            for one in (self.listener, *self._open):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
            self._open.clear()

    def heal(self) -> None:
        self.allowance, self.lose_answers = None, False
        if self.is_cut:
            self._listen(self.port)

    close = cut

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                browser, _ = listener.accept()
                server = socket.create_connection(self.server)
                with self._lock:
                    self._open |= {browser, server}
                threading.Thread(target=self._forward, args=(browser, server, True), daemon=True).start()
                threading.Thread(target=self._forward, args=(server, browser, False), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, is_sent: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(16384):
                if is_sent and self.allowance is not None:
                    self.allowance -= len(data)
                    if self.allowance < 0:
                        return self.cut()
                if not is_sent and self.lose_answers:
                    return self.cut()
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        return None
