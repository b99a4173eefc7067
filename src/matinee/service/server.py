"""Bind a port, say where, and serve until interrupted."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from matinee.errors import InvalidParameter
from matinee.service.app import create_app
from matinee.service.guard import LOOPBACK

PORT = 8000
GRACE_SECONDS = 5


def run(
    workspace_path: Path,
    host: str = "127.0.0.1",
    port: int | None = None,
    announce: Callable[[str], None] = lambda _: None,
    *,
    key: str | None = None,
) -> None:
    """Serve a workspace until SIGINT or SIGTERM; requests under way are finished first.

    Parameters
    ----------
    workspace_path
        An existing workspace.
    host
        The address to listen on. One that other machines reach needs `key`.
    port
        A port that must be free; None for 8000, or any free one where that is taken.
    announce
        Told the address once it answers. It carries the workspace's own key, but never a key that
        was given: who gave it knows it, and what is printed ends in logs.
    key
        What writes need; default: the workspace's own key.

    Raises
    ------
    InvalidParameter
        The address is public and no key was given, or cannot be listened on, or the port is taken.
    MatineeError
        The workspace cannot be used.
    """
    local = is_loopback(host)
    if not local and key is None:
        raise InvalidParameter(
            f"Other machines reach {host}, so a key must be chosen, got none; set MATINEE_KEY or "
            "pass --key-file, or listen on 127.0.0.1."
        )
    listening = listen(host, port)
    with contextlib.closing(listening):
        app = create_app(workspace_path, key=key, hosts=LOOPBACK | {host} if local else None)
        address = _address(host, listening.getsockname()[1])
        shown = address if key is not None else f"{address}?key={app.state.key}"
        # The access log would print the key that the first request carries.
        config = uvicorn.Config(
            app,
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        with contextlib.suppress(KeyboardInterrupt):
            _Announcing(config, lambda: announce(shown)).run(sockets=[listening])


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int | None) -> socket.socket:
    """A bound socket.

    Raises
    ------
    InvalidParameter
        The port was asked for and is taken or forbidden, or the host is no address of this machine.
    """
    try:
        return _bound(host, PORT if port is None else port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and port is None:
            return _bound(host, 0)
        if error.errno == errno.EADDRINUSE:
            raise InvalidParameter(
                f"`port` must be free, got {port}, which another program listens on; name another "
                "or leave it out."
            ) from error
        raise InvalidParameter(
            f"`host` and `port` must be an address of this machine that may be listened on, got "
            f"{host} and {port}: {error.strerror}."
        ) from error


def _bound(host: str, port: int) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError:
        listening.close()
        raise
    return listening


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


class _Announcing(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then say so."""
        await super().startup(sockets)
        if self.started:
            self._announce()
