"""A simulated ONVIF device: answers WS-Discovery on the loopback interface and SOAP with WS-Security digests."""

import re
import socket
import struct
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from detector.calibrating.onvif_devices import GROUP, PORT

SPACES = (
    'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" '
    'xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"'
)
MATCH = """<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Body><d:ProbeMatches><d:ProbeMatch>
<d:Types>dn:NetworkVideoTransmitter</d:Types>
<d:Scopes>onvif://www.onvif.org/name/Ng%C3%A3%20T%C6%B0 onvif://www.onvif.org/hardware/SIM-1
 onvif://www.onvif.org/location/L%C3%AA%20L%E1%BB%A3i</d:Scopes>
<d:XAddrs>{address}</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"""
PROFILE = """<trt:Profiles token="{token}" fixed="true"><tt:Name>{token}</tt:Name>
<tt:VideoEncoderConfiguration token="e{token}"><tt:Name>e</tt:Name><tt:UseCount>1</tt:UseCount>
<tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution>
<tt:Quality>4</tt:Quality><tt:RateControl><tt:FrameRateLimit>{fps}</tt:FrameRateLimit>
<tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl>
<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address>
<tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>
<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:VideoEncoderConfiguration></trt:Profiles>"""
STREAMS = {"main": (1920, 1080, 25), "sub": (640, 360, 12)}


@dataclass
class OnvifDevice:
    """What the device knows, and what it was asked."""

    user: str
    password: str
    address: str = ""
    asked: list[str] = field(default_factory=list)

    def answer(self, body: str) -> tuple[int, str]:
        """The SOAP answer to a request."""
        asked = re.search(r"<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)", body)
        name = asked.group(1) if asked else ""
        self.asked.append(name)
        if name == "GetSystemDateAndTime":
            return 200, "<tds:GetSystemDateAndTimeResponse/>"
        if not self._is_allowed(body):
            fault = "<s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>no</s:Text></s:Reason>"
            return 400, f"<s:Fault>{fault}</s:Fault>"
        media = self.address.replace("device_service", "media_service")
        if name == "GetServices":
            services = "".join(
                f"<tds:Service><tds:Namespace>http://www.onvif.org/ver10/{kind}/wsdl</tds:Namespace>"
                f"<tds:XAddr>{where}</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>6</tt:Minor></tds:Version>"
                "</tds:Service>"
                for kind, where in (("device", self.address), ("media", media))
            )
            return 200, f"<tds:GetServicesResponse>{services}</tds:GetServicesResponse>"
        if name == "GetProfiles":
            profiles = "".join(
                PROFILE.format(token=token, width=w, height=h, fps=fps)
                for token, (w, h, fps) in STREAMS.items()
            )
            return 200, f"<trt:GetProfilesResponse>{profiles}</trt:GetProfilesResponse>"
        token = re.search(r"ProfileToken>(\w+)<", body)
        uri = f"rtsp://{self.user}:{self.password}@127.0.0.1:554/{token.group(1) if token else ''}"
        return 200, (
            f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{uri}</tt:Uri>"
            "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
            "<tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>"
        )

    def _is_allowed(self, body: str) -> bool:
        found = [
            re.search(rf"<(?:[\w-]+:)?{name}[^>]*>([^<]+)<", body)
            for name in ("Password", "Nonce", "Created")
        ]
        if not all(found) or f"Username>{self.user}<" not in body:
            return False
        digest, nonce, created = (one.group(1) for one in found if one is not None)
        wanted = sha1(b64decode(nonce) + created.encode() + self.password.encode()).digest()
        return digest == b64encode(wanted).decode()


@contextmanager
def simulated_device(user: str, password: str) -> Iterator[OnvifDevice]:
    """A device on this machine until the block ends."""
    device = OnvifDevice(user=user, password=password)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            status, said = device.answer(self.rfile.read(length).decode())
            sent = f'<?xml version="1.0"?><s:Envelope {SPACES}><s:Body>{said}</s:Body></s:Envelope>'.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/soap+xml")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    device.address = f"http://127.0.0.1:{server.server_port}/onvif/device_service"
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("", PORT))
    member = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton("127.0.0.1"))
    listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    listening.settimeout(0.2)
    over = threading.Event()

    def answer_probes() -> None:
        while not over.is_set():
            try:
                probe, asker = listening.recvfrom(65_507)
            except TimeoutError:
                continue
            if b"NetworkVideoTransmitter" in probe:
                listening.sendto(b"no answer at all", asker)
                listening.sendto(MATCH.format(address=device.address).encode(), asker)

    threads = [threading.Thread(target=run, daemon=True) for run in (server.serve_forever, answer_probes)]
    for thread in threads:
        thread.start()
    yield device
    over.set()
    server.shutdown()
    server.server_close()
    for thread in threads:
        thread.join(10)
    listening.close()
