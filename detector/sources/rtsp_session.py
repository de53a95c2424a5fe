"""Calls a camera: an address in, a socket on which its video comes as RTP over TCP out. Reads no video itself.

    DESCRIBE ─▶ which video, which codec     SETUP ─▶ RTP over this connection     PLAY

Of FFmpeg's RTSP client every RTP packet takes several system calls; 141 feeds of it fill two thirds of a core
(docs/decisions). Hence an own one that speaks only what a recorder needs.
"""

import base64
import binascii
import re
import socket
import ssl
from dataclasses import dataclass, field
from urllib.parse import unquote, urljoin, urlsplit

from detector.errors import CodecUnknown, SourceError, SourceRefused, SourceStalled, SourceUnreadable, redact
from detector.sources.signing_in import SignIn

PORTS = {"rtsp": 554, "rtsps": 322}
CODECS = {"H264": "h264", "H265": "hevc"}
RECEIVE_BYTES = 1 << 20
"""The kernel keeps this much of a feed while the recorder does something else: 4 s of 2 Mb/s."""
MOST_ANSWER_BYTES = 1 << 16
READ_BYTES = 1 << 20
DEFAULT_TIMEOUT_S = 60.0
NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
UNAUTHORIZED = (401, 403)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A camera's answer to one request."""

    status: int
    headers: dict[str, list[str]]
    body: bytes

    def first(self, name: str) -> str:
        return self.headers.get(name, [""])[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoTrack:
    """What the session description says of the camera's first video."""

    codec: str
    control_url: str
    clock_hz: int
    parameter_sets: tuple[bytes, ...]


@dataclass(kw_only=True)
class OpenedFeed:
    """A playing feed; `early` are the bytes that came with the last answer."""

    connection: socket.socket
    track: VideoTrack
    channel: int
    early: bytes
    keep_alive_s: float
    _caller: "_Caller" = field(repr=False)

    def keep_alive(self) -> None:
        """Tell the camera that somebody listens still. Raises OSError."""
        self.connection.send(self._caller.request("OPTIONS", self._caller.url))

    def close(self) -> None:
        """Hang up; the camera notices."""
        self.connection.close()


def open_feed(url: str, *, timeout_s: float) -> OpenedFeed:
    """Call a camera and let it play. Raises SourceError, without the password in its text."""
    try:
        return _opened(url, timeout_s)
    except TimeoutError:
        failure: SourceError = SourceStalled(
            f"{redact(url)}: nothing came in time; check that the camera is on, and the network"
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        failure = SourceUnreadable(f"{redact(url)}: no connection ({why}); check address, port and network")
    raise failure


def received(connection: socket.socket) -> bytes | None:
    """What waits in a socket, about a megabyte at most; None when nothing does, empty when it is closed.

    TLS gives out one record of 16 KB a call, however much waits: it is asked again. Raises OSError.
    """
    parts: list[bytes] = []
    while sum(map(len, parts)) < READ_BYTES:
        try:
            data = connection.recv(READ_BYTES)
        except NOT_NOW:
            break
        if not data and not parts:
            return b""
        parts.append(data)
        if not data or not isinstance(connection, ssl.SSLSocket):
            break
    return b"".join(parts) if parts else None


def _opened(url: str, timeout_s: float) -> OpenedFeed:
    caller = _Caller(url, timeout_s)
    try:
        described = caller.ask("DESCRIBE", caller.url, "Accept: application/sdp\r\n")
        base = described.first("content-base") or described.first("content-location") or caller.url
        track = track_of(described.body.decode("utf-8", "replace"), base, where=redact(url))
        set_up = caller.ask("SETUP", track.control_url, _OVER_THIS_CONNECTION)
        channel = re.search(r"interleaved=(\d+)", set_up.first("transport"))
        caller.session, _, rest = set_up.first("session").partition(";")
        timeout = re.search(r"timeout=(\d+)", rest)
        caller.ask(
            "PLAY", base if base.startswith(("rtsp:", "rtsps:")) else caller.url, "Range: npt=0.000-\r\n"
        )
        caller.connection.setblocking(False)
    except (OSError, ValueError, SourceError):
        caller.connection.close()
        raise
    return OpenedFeed(
        connection=caller.connection,
        track=track,
        channel=int(channel.group(1)) if channel else 0,
        early=caller.rest,
        keep_alive_s=max(5.0, (float(timeout.group(1)) if timeout else DEFAULT_TIMEOUT_S) / 2.5),
        _caller=caller,
    )


_OVER_THIS_CONNECTION = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"


class _Caller:
    """One connection to a camera while it is being asked."""

    def __init__(self, url: str, timeout_s: float) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        self.where = redact(url)
        bare = parts.netloc.rpartition("@")[2]
        self.url = parts._replace(netloc=bare).geturl()
        self.session, self.rest = "", b""
        self._number = 0
        self._sign_in = (
            SignIn(user=unquote(parts.username), password=unquote(parts.password or ""))
            if parts.username
            else None
        )
        port = parts.port or PORTS[parts.scheme]
        self.connection = socket.create_connection((host, port), timeout=timeout_s)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if parts.scheme == "rtsps":
            self.connection = _encrypted(self.connection, host)

    def request(self, method: str, url: str, more: str = "") -> bytes:
        """The bytes of one request, signed in as far as the camera asked for it."""
        self._number += 1
        lines = f"{method} {url} RTSP/1.0\r\nCSeq: {self._number}\r\nUser-Agent: ngatu\r\n"
        if self.session:
            lines += f"Session: {self.session}\r\n"
        if self._sign_in is not None:
            lines += self._sign_in.line(method, url)
        return f"{lines}{more}\r\n".encode()

    def ask(self, method: str, url: str, more: str = "") -> Answer:
        """Ask once, and once more when the camera wants to know who. Raises SourceError, OSError."""
        answer = self._asked(method, url, more)
        challenges = answer.headers.get("www-authenticate", [])
        if answer.status == UNAUTHORIZED[0] and self._sign_in and self._sign_in.asked(challenges):
            answer = self._asked(method, url, more)
        if answer.status in UNAUTHORIZED:
            raise SourceRefused(
                f"{self.where}: the camera refuses user or password; correct the camera's sources"
            )
        if answer.status == 404:
            raise SourceUnreadable(
                f"{self.where}: the camera knows no such stream; check the path behind its address"
            )
        if answer.status != 200:
            raise SourceUnreadable(
                f"{self.where}: the camera answers {answer.status} to {method}; "
                "allow RTSP over TCP in its settings, and look how many viewers it takes"
            )
        return answer

    def _asked(self, method: str, url: str, more: str) -> Answer:
        self.connection.sendall(self.request(method, url, more))
        head = self._until_blank_line()
        while not head.startswith(b"RTSP/"):  # a request of the camera's own
            head = self._until_blank_line()
        first, *lines = head.decode("utf-8", "replace").split("\r\n")
        headers: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers.setdefault(name.strip().lower(), []).append(value.strip())
        length = min(int(headers.get("content-length", ["0"])[0]), MOST_ANSWER_BYTES)
        while len(self.rest) < length:
            self._receive()
        body, self.rest = self.rest[:length], self.rest[length:]
        return Answer(status=int(first.split(" ")[1]), headers=headers, body=body)

    def _until_blank_line(self) -> bytes:
        while b"\r\n\r\n" not in self.rest:
            self._receive()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        return head

    def _receive(self) -> None:
        data = self.connection.recv(65536)
        if not data or len(self.rest) > MOST_ANSWER_BYTES:
            raise SourceUnreadable(
                f"{self.where}: the camera hung up, or speaks no RTSP; check address and port"
            )
        self.rest += data


def _encrypted(connection: socket.socket, host: str) -> socket.socket:
    """TLS as cameras have it: with certificates of their own, which nobody signed."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connection, server_hostname=host)


def track_of(description: str, base_url: str, *, where: str) -> VideoTrack:
    """The first video in a session description. Raises CodecUnknown, SourceUnreadable."""
    _, _, media = description.partition("m=video")
    if not media:
        raise SourceUnreadable(f"{where}: has no video stream; name the camera's video feed")
    lines = media.partition("\nm=")[0].splitlines()
    attributes = [line[2:] for line in lines if line.startswith("a=")]
    mapping = re.search(r"rtpmap:\d+ ([\w.-]+)/(\d+)", "\n".join(attributes))
    encoding = mapping.group(1).upper() if mapping else "unknown"
    if mapping is None or encoding not in CODECS:
        raise CodecUnknown(
            f"{where}: the video is {encoding}; only H.264 and H.265 are recorded. Set the camera to H.264"
        )
    control = next((a.partition(":")[2].strip() for a in attributes if a.startswith("control:")), "")
    formats = next((a for a in attributes if a.startswith("fmtp:")), "")
    return VideoTrack(
        codec=CODECS[encoding],
        control_url=_control_url(base_url, control),
        clock_hz=int(mapping.group(2)),
        parameter_sets=_parameter_sets(formats),
    )


def _control_url(base_url: str, control: str) -> str:
    if control in {"", "*"}:
        return base_url
    if control.startswith(("rtsp://", "rtsps://")):
        return control
    # urljoin knows no rtsp: the base counts as a folder, as RFC 2326 has it.
    scheme, _, rest = base_url.partition("://")
    folder = rest if rest.endswith("/") else f"{rest}/"
    return f"{scheme}://" + urljoin(f"http://{folder}", control).removeprefix("http://")


def _parameter_sets(formats: str) -> tuple[bytes, ...]:
    found = re.findall(r"sprop-(?:parameter-sets|vps|sps|pps)=([^;\s]+)", formats)
    sets = []
    for part in ",".join(found).split(","):
        try:
            sets.append(base64.b64decode(part))
        except (binascii.Error, ValueError):
            continue  # they come again in the stream
    return tuple(piece for piece in sets if piece)
