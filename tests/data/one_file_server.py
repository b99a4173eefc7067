"""A real HTTP server on this machine, which serves one file in one of several moods."""

from __future__ import annotations

import http.server
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Server(http.server.ThreadingHTTPServer):
    """Serves `content` at every path, in one of several moods."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = b""
        self.kind = "application/zip"
        self.etag = '"one"'
        self.status = 200
        self.stop_after: int | None = None  # bytes of a body until the connection closes
        self.stall = 0.0  # seconds of silence before it closes
        self.announce = True
        self.ignore_ranges = False
        self.location = ""  # redirects every path but /moved.zip to there
        self.shift = 0  # how far a Content-Range is off
        self.ranges: list[str | None] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        s = self.server
        wanted = self.headers.get("Range")
        s.ranges.append(wanted)
        start = 0
        if wanted and not s.ignore_ranges and self.headers.get("If-Range") == s.etag:
            start = int(re.findall(r"\d+", wanted)[0])
        if start >= len(s.content) and start:
            self.send_error(416)
            return
        if s.location and self.path != "/moved.zip":
            self.send_response(302)
            self.send_header("Location", s.location)
            self.end_headers()
            return
        self.send_response(206 if start else s.status)
        if start:
            self.send_header("Content-Range", f"bytes {start + s.shift}-{len(s.content) - 1}/*")
        if s.etag:
            self.send_header("ETag", s.etag)
        self.send_header("Content-Type", s.kind)
        body = s.content[start:]
        if s.announce:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: s.stop_after])
        self.wfile.flush()
        time.sleep(s.stall)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Server]:
    """A server that runs in a thread until the block ends."""
    with Server() as it:
        thread = threading.Thread(target=it.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield it
        it.shutdown()
        thread.join()
