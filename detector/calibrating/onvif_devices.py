"""ONVIF devices: which ones answer in this network, and which streams one offers. Addresses out hold no password.

Discovery is one WS-Discovery probe by multicast on every interface of this machine, or to one host. What a device
says of itself is believed only as words and addresses to show. SOAP is left to onvif-zeep-async.
"""

import asyncio
import fcntl
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote, urlsplit, urlunsplit
from uuid import uuid4

from lxml import etree

from detector.calibrating.refusals import DeviceSilent
from detector.contract.assist import Device, FoundDevice, StreamProfile

GROUP, PORT = "239.255.255.250", 3702
MOST_ANSWER_BYTES, MOST_DEVICES, MOST_PROFILES = 65_507, 256, 24
ASK_S = 15.0
SCOPE = "onvif://www.onvif.org/"
_ADDRESS_OF_INTERFACE = 0x8915  # SIOCGIFADDR
_PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<e:Header><w:MessageID>uuid:{message_id}</w:MessageID>
<w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>
<w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>
<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"""


def find_devices(*, seconds: float) -> list[FoundDevice]:
    """The devices that answer within `seconds`, by address."""
    found: dict[str, FoundDevice] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 2)
        probe = _PROBE.format(message_id=uuid4()).encode()
        for address in _own_addresses():
            asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
            try:
                asking.sendto(probe, (GROUP, PORT))
            except OSError:  # an interface that cannot send: the others may
                continue
        for answer in _answers(asking, seconds):
            for device in _devices_in(answer):
                found.setdefault(device.address, device)
    return [found[address] for address in sorted(found)][:MOST_DEVICES]


def stream_profiles(device: Device) -> list[StreamProfile]:
    """The streams that a device offers, the largest first. Raises DeviceSilent."""
    parts = urlsplit(device.address if "://" in device.address else f"http://{device.address}")
    try:
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        host, port = None, 0
    if parts.scheme != "http" or not host:
        raise DeviceSilent("the device's address is none; write http://host:port/onvif/device_service")
    # A thread of its own: whoever asks may have an event loop already.
    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(lambda: asyncio.run(_asked(host, port, device))).result()
    return sorted(found, key=lambda one: -one.width * one.height)


async def _asked(host: str, port: int, device: Device) -> list[StreamProfile]:
    from aiohttp import ClientError  # noqa: PLC0415 - SOAP takes a second to load
    from onvif import ONVIFCamera, ONVIFError  # noqa: PLC0415
    from zeep.exceptions import Error as SoapError  # noqa: PLC0415

    camera = ONVIFCamera(host, port, device.user, device.password, no_cache=True)
    try:
        async with asyncio.timeout(ASK_S):
            await camera.update_xaddrs()
            media = await camera.create_media_service()
            profiles = (await media.GetProfiles())[:MOST_PROFILES]
            return [
                _profile(one, await _stream_address(media, one.token), device)
                for one in profiles
                if one.VideoEncoderConfiguration is not None
            ]
    except (ONVIFError, SoapError, ClientError, TimeoutError, OSError) as error:
        raise DeviceSilent(
            f"{host}:{port}: does not answer as an ONVIF device ({type(error).__name__}); "
            "check its address, user, password and that ONVIF is switched on"
        ) from None
    finally:
        await camera.close()


async def _stream_address(media: object, token: str) -> str:
    setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
    asked = {"StreamSetup": setup, "ProfileToken": token}
    answer = await media.GetStreamUri(asked)  # type: ignore[attr-defined]
    return str(answer.Uri)


def _profile(profile: object, address: str, device: Device) -> StreamProfile:
    encoder = profile.VideoEncoderConfiguration  # type: ignore[attr-defined]
    rate = encoder.RateControl.FrameRateLimit if encoder.RateControl is not None else 0
    return StreamProfile(
        name=str(profile.Name)[:100],  # type: ignore[attr-defined]
        codec=str(encoder.Encoding),
        width=int(encoder.Resolution.Width),
        height=int(encoder.Resolution.Height),
        fps=float(rate),
        url=_without_user(address, device)[:2000],
    )


def _without_user(address: str, device: Device) -> str:
    """The address without user and password, also where the device did not quote a slash in them."""
    if device.user:
        address = address.replace(f"//{device.user}:{device.password}@", "//")
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _answers(asking: socket.socket, seconds: float) -> Iterator[bytes]:
    until_s = time.monotonic() + seconds
    while (left_s := until_s - time.monotonic()) > 0:
        asking.settimeout(left_s)
        try:
            yield asking.recv(MOST_ANSWER_BYTES)
        except TimeoutError:
            return


def _devices_in(answer: bytes) -> Iterator[FoundDevice]:
    """The devices that an answer names; nothing for what is no answer."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(answer, parser)
    except etree.XMLSyntaxError:
        return
    for match in root.iter("{*}ProbeMatch"):
        addresses = (match.findtext("{*}XAddrs") or "").split()
        scopes = (match.findtext("{*}Scopes") or "").split()
        if addresses:
            yield FoundDevice(
                address=addresses[0][:300],
                name=_scope(scopes, "name"),
                hardware=_scope(scopes, "hardware"),
                location=_scope(scopes, "location"),
            )


def _scope(scopes: list[str], kind: str) -> str:
    start = f"{SCOPE}{kind}/"
    return next((unquote(one.removeprefix(start))[:100] for one in scopes if one.startswith(start)), "")


def _own_addresses() -> list[str]:
    """The IPv4 address of each interface of this machine."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode()[:15])
            try:
                answer = fcntl.ioctl(asking.fileno(), _ADDRESS_OF_INTERFACE, request)
            except OSError:  # an interface without an address
                continue
            found.append(socket.inet_ntoa(answer[20:24]))
    return found
