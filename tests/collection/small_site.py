"""An image server on this machine that can be told to behave badly."""

import io
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image

from cellocate.collection.download import RateLimits

COLOURS = ("red", "green", "blue", "yellow")
FIELDS = ("992/1_A1_1", "992/1_A1_2", "10580/1610_C1_1")
IDS = ["992_1_A1_1", "992_1_A1_2", "10580_1610_C1_1"]
ONE = "/992/1_A1_1_green.jpg"
QUICK = RateLimits(pause=0, timeout=0.3, tries=4, backoff=0.01)


def jpeg(seed, size=(64, 48)):
    """The bytes of a small colour JPEG, of a few kB."""
    stream = io.BytesIO()
    noise = np.random.default_rng(seed).integers(0, 255, (*size, 3), dtype=np.uint8)
    Image.fromarray(noise).save(stream, "JPEG", quality=95)
    return stream.getvalue()


class Site:
    """Files by path; and for a path the tricks to play, one for each request, before it is served correctly.

    A trick is a status (`404`, `500`, `"429 1"` with Retry-After), or one of `stall`, `cut` (half the bytes, then the
    end), `slow`, `long` and `short` (a wrong Content-Length), `html`, `garbage`, `elsewhere` (a wrong Content-Range).
    """

    def __init__(self):
        self.files, self.tricks, self.requests = {}, {}, []
        self.ranges, self.marks = True, True
        self.at_once = self.most_at_once = 0
        self.over = threading.Event()
        self.lock = threading.Lock()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                with site.lock:
                    site.at_once += 1
                    site.most_at_once = max(site.most_at_once, site.at_once)
                    site.requests.append((self.path, dict(self.headers), time.monotonic(), self.command))
                    waiting = site.tricks.get(self.path, [])
                    trick = waiting.pop(0) if waiting else ""
                try:
                    site.answer(self, trick)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                finally:
                    with site.lock:
                        site.at_once -= 1

            do_HEAD = do_GET  # noqa: N815

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def asked(self, path):
        """The headers of the requests for a path, in order."""
        return [headers for p, headers, *_ in self.requests if p == path]

    def answer(self, handler, trick):
        body = self.files.get(handler.path)
        if trick == "slow":
            time.sleep(0.1)
        status = str(trick).split()
        if body is None or (status and status[0].isdigit()):
            handler.send_response(int(status[0]) if status else 404)
            if len(status) > 1:
                handler.send_header("Retry-After", " ".join(status[1:]))
            handler.send_header("Content-Length", "0")
            return handler.end_headers()
        if trick == "html":
            body = b"<html>down for maintenance</html>"
        if trick == "garbage":
            body = bytes(len(body))
        mark = f'"{hash(body)}"'
        start = self._start(handler, mark, trick)
        handler.send_response(206 if start else 200)
        if start:
            shown = start + 7 if trick == "elsewhere" else start
            handler.send_header("Content-Range", f"bytes {shown}-{len(body) - 1}/{len(body)}")
        if self.marks:
            handler.send_header("ETag", mark)
        handler.send_header("Content-Type", "text/html" if trick == "html" else "image/jpeg")
        body = body[start:]
        half = len(body) // 2
        handler.send_header("Content-Length", str({"long": len(body) + 99, "short": half}.get(trick, len(body))))
        handler.end_headers()
        if handler.command == "HEAD":
            return None
        handler.wfile.write(body[:half] if trick in ("cut", "stall") else body)
        handler.wfile.flush()
        if trick == "stall":
            self.over.wait(5)
        return None

    def _start(self, handler, mark, trick):
        wanted = handler.headers.get("Range")
        if not (self.ranges and wanted) or trick in ("html", "garbage"):
            return 0
        return int(wanted.removeprefix("bytes=").rstrip("-")) if handler.headers.get("If-Range") == mark else 0


def arrived(site, folder):
    return all((folder / "images" / path[1:]).read_bytes() == body for path, body in site.files.items())


def left_over(folder):
    return [path.name for path in folder.rglob("*") if ".part" in path.name or path.name.startswith((".", "tmp"))]
