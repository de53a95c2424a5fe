"""The watch's figures over HTTP: to this machine by itself, to others when asked, and one line when it cannot be."""

import socket
from urllib.request import urlopen

import pytest

from detector.errors import SourceUnreadable
from detector.watching.watch_metrics import LagCount, WatchCollector, serve_metrics


def collector() -> WatchCollector:
    return WatchCollector(lambda: (), lambda: ("g1",), LagCount())


def free_port(host: str) -> int:
    with socket.socket() as one:
        one.bind((host, 0))
        port: int = one.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("host", "asked", "answers"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("0.0.0.0", "127.0.0.2", True),
    ],
)
def test_figures_are_served_only_where_the_host_lets_them(host: str, asked: str, answers: bool) -> None:
    port = free_port(host)
    close = serve_metrics(collector(), port, host)
    try:
        if answers:
            with urlopen(f"http://{asked}:{port}/metrics") as answer:
                assert b"ngatu_groups_given_up 1.0" in answer.read()
        else:
            with pytest.raises(ConnectionRefusedError), socket.create_connection((asked, port)):
                pass
    finally:
        close()


def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(SourceUnreadable, match=rf"127\.0\.0\.1:{port}: .*--metrics-port"):
            serve_metrics(collector(), port)
