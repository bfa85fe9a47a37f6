"""A reader that is none: says that it is ready, and then something that nobody understands."""

from __future__ import annotations

import socket

from apiscape.collectors.apart.child import READY
from apiscape.collectors.apart.wire import receive, send

if __name__ == "__main__":
    with socket.socket(fileno=0) as line:
        send(line, READY)
        receive(line)
        line.sendall(b"\0\0\0\0\0\0\0\2{}")
        receive(line)
