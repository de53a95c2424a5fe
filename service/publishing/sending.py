"""Sends one message to one webhook, signed as Standard Webhooks say, so that receivers can use a library they have."""

import base64
import hmac
import json
import socket
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from service.errors import BadInput
from service.feed_addresses import leads_here

TIMEOUT_S = 10.0
SECRET_PREFIX = "whsec_"  # noqa: S105 - how such secrets begin
TAKEN = range(200, 300)


class DeliveryFailed(Exception):
    """A message was not taken; it is sent again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """A message for one receiver; `url` is None for the broker."""

    delivery_id: int
    message_id: int
    topic: str
    subject: str
    body: dict[str, Any]
    happened_at: datetime
    url: str | None
    secret: str
    attempts: int

    def content(self) -> bytes:
        """What is sent, the same bytes each time."""
        said = {"type": self.topic, "timestamp": self.happened_at.isoformat(), "data": self.body}
        return json.dumps(said, ensure_ascii=False, sort_keys=True).encode()


def signature(secret: str, *, message: str, timestamp: int, content: bytes) -> str:
    """The value of webhook-signature: v1 and the HMAC-SHA256 over id, timestamp and body."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message}.{timestamp}.".encode() + content
    return "v1," + base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()


def check_webhook_url(url: str, *, local: bool) -> None:
    """Raise BadInput for an address that messages are not sent to."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in {"https", "http"} or not host or parts.username is not None:
        raise BadInput("url: must begin with https:// or http://, name a host, and hold no password")
    if not local and leads_here(host):
        raise BadInput("url: leads to this machine or a metadata service; messages go to another one")


def post_to_webhook(parcel: Parcel, *, at: datetime, local: bool) -> None:
    """Send; a redirect is no receipt. Raises DeliveryFailed."""
    import httpx  # noqa: PLC0415 - only who has webhooks needs it: a quick start

    assert parcel.url is not None  # noqa: S101 - the caller sends the others to the broker
    if not local:
        _check_where_it_leads(parcel.url)
    content, message, timestamp = parcel.content(), f"msg_{parcel.message_id}", int(at.timestamp())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(parcel.secret, message=message, timestamp=timestamp, content=content),
    }
    try:
        answer = httpx.post(parcel.url, content=content, headers=headers, timeout=TIMEOUT_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DeliveryFailed(f"no answer ({type(error).__name__})") from None
    if answer.status_code not in TAKEN:
        raise DeliveryFailed(f"answered {answer.status_code}")


def _check_where_it_leads(url: str) -> None:
    """A name may have been pointed at this machine since it was registered."""
    host = urlsplit(url).hostname or ""
    try:
        found = {str(address[4][0]) for address in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        raise DeliveryFailed("its name leads nowhere") from None
    if any(leads_here(address) for address in found):
        raise DeliveryFailed("its name leads to this machine or a metadata service")
