"""Limit the rate of requests to a server, and pause when it asks for that."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from cellocate.work import Stopped


@dataclass(frozen=True)
class RateLimits:
    """Limits for requests to a server.

    Args:
        connections: number of parallel transfers.
        pause: seconds between the starts of two requests.
        timeout: seconds without data after which a transfer counts as broken.
        tries: attempts per file.
        backoff: seconds before the second attempt, doubled for each further one.
        patience: longest wait in seconds that the server may ask for; beyond it the download stops.
        give_up: the download stops after so many consecutive failures that are the server's fault.
    """

    connections: int = 4
    pause: float = 0.1
    timeout: float = 30
    tries: int = 5
    backoff: float = 1
    patience: float = 600
    give_up: int = 10


class Gate:
    """Let requests through one by one, with pauses; none once it is stopped."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._next = 0.0
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def wait(self) -> None:
        """Wait for the next request's turn.

        Raises:
            Stopped: the download is to end.
        """
        while True:
            self.check_stopped()
            with self._lock:
                delay = self._next - time.monotonic()
                if delay <= 0:
                    self._next = time.monotonic() + self._pause
                    return
            self.sleep(delay)

    def hold(self, seconds: float) -> None:
        """Let nothing through for so many seconds."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)

    def sleep(self, seconds: float) -> None:
        """Wait; raise `Stopped` as soon as the download is to end."""
        if self._stopped.wait(seconds):
            raise Stopped

    def check_stopped(self) -> None:
        """Raise `Stopped` if the download is to end."""
        if self._stopped.is_set():
            raise Stopped

    def stop(self) -> None:
        """Let nothing through any more."""
        self._stopped.set()


def retry_after(value: str | None) -> float | None:
    """Seconds to wait by the header `Retry-After` (a number or a date); None if it has no valid value.

    Example:
        >>> retry_after("120"), retry_after("soon"), retry_after("Wed, 21 Oct 2015 07:28:00 GMT")
        (120.0, None, 0.0)
    """
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value.strip())
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
