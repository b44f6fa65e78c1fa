"""A server that a key logs in to: paramiko's own side of one, for it needs no other program."""

from __future__ import annotations

import select
import socket
import threading

import paramiko
from paramiko.auth_handler import AuthHandler
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL
from paramiko.server import ServerInterface


class Guard(ServerInterface):
    """Lets in who shows this key."""

    def __init__(self, key: paramiko.PKey) -> None:
        self._key = key

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:  # noqa: ARG002  paramiko's signature
        return AUTH_SUCCESSFUL if key == self._key else AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002  likewise
        return "publickey"


class Strict(AuthHandler):
    """Hangs up on a login that comes before it has said that one may."""

    def _parse_service_request(self, m: paramiko.Message) -> None:
        if select.select([self.transport.sock], [], [], 0.3)[0]:
            self.transport.close()
        else:
            super()._parse_service_request(m)  # type: ignore[misc]  # the stubs leave it out


def serve(
    end: socket.socket, own: paramiko.PKey, key: paramiko.PKey, *, strict: bool = False
) -> paramiko.Transport:
    """Serve one client, who is shown the key `own`, and let in by `key`."""
    server = paramiko.Transport(end)
    server.add_server_key(own)
    if strict:
        server.auth_handler = Strict(server)
    server.start_server(threading.Event(), Guard(key))
    return server
