"""Which addresses a camera's feed may have: RTSP, and no host that a stranger could have the service look into.

An address in, or a refusal out. Numbers in every spelling (0x7f.1, 2130706433) are read as the network would.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from service.errors import BadInput
from service.settings import Settings

SCHEMES = ("rtsp://", "rtsps://")
LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "metadata", "metadata.google.internal")
METADATA = (IPv6Address("fd00:ec2::254"), IPv4Address("100.100.100.200"))
"""Where clouds keep their machines' secrets beside 169.254.0.0/16."""
TRANSLATED = IPv6Network("64:ff9b::/96")
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedRules:
    """What the settings allow; no host named means every host but this machine and metadata services."""

    hosts: tuple[str, ...] = ()
    local: bool = False


def rules_of(settings: Settings) -> FeedRules:
    """The rules that the settings make."""
    return FeedRules(hosts=tuple(settings.feed_hosts), local=settings.local_feeds)


def check_feed_address(name: str, url: str, rules: FeedRules) -> None:
    """Raise BadInput for an address that no feed may have. The address is not said again: it may hold a password."""
    if not url.startswith(SCHEMES):
        raise BadInput(f"{name}: must begin with rtsp:// or rtsps://")
    try:
        host, port = urlsplit(url).hostname, urlsplit(url).port
    except ValueError:
        raise BadInput(f"{name}: is no address; write rtsp://user:password@host:port/path") from None
    if not host or port == 0:
        raise BadInput(f"{name}: names no host; write rtsp://user:password@host:port/path")
    address = _literal(host)
    if rules.hosts and not any(_fits(host, address, allowed) for allowed in rules.hosts):
        raise BadInput(f"{name}: its host is not among those that NGATU_FEED_HOSTS allows")
    if not rules.local and _is_local(host, address):
        raise BadInput(
            f"{name}: leads to this machine or a metadata service; a camera has an address of its own"
        )


def _literal(host: str) -> Address | None:
    """The address that a host is written as, in any spelling; None for a name."""
    try:
        return _plain(ip_address(host.split("%", 1)[0]))
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def _plain(address: Address) -> Address:
    """The IPv4 address inside of an IPv6 one."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in TRANSLATED:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def leads_here(host: str) -> bool:
    """Whether a host, as it is written, is this machine or a metadata service."""
    return _is_local(host, _literal(host))


def _is_local(host: str, address: Address | None) -> bool:
    if address is None:
        plain = host.rstrip(".").lower()
        return plain in LOCAL_NAMES or plain.endswith(".localhost")
    bad = address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast
    return bad or address in METADATA


def _fits(host: str, address: Address | None, allowed: str) -> bool:
    """Whether a host is an allowed one: a name, *.a.domain, an address or a network."""
    if address is None:
        plain = host.rstrip(".").lower()
        return plain == allowed.lower() or (allowed.startswith("*.") and plain.endswith(allowed[1:].lower()))
    try:
        return address in ip_network(allowed, strict=False)
    except ValueError:
        return False
