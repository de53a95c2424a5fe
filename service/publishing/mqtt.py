"""Messages to an MQTT broker, each acknowledged (QoS 1); the state of a camera is kept there for who comes later."""

import socket
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from service.errors import BadInput
from service.publishing.outbox import CAMERA_TOPIC
from service.publishing.sending import DeliveryFailed, Parcel

PORTS = {"mqtt": 1883, "mqtts": 8883}
TIMEOUT_S = 10.0
ONCE_AT_LEAST = 1


class Broker:
    """A connection that is made when it is first needed, and again after it broke."""

    def __init__(self, url: str, *, prefix: str, client_id: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise BadInput("NGATU_MQTT_URL: write mqtt://user:password@host:1883 or mqtts://…")
        self._parts, self._prefix, self._client_id = parts, prefix.strip("/"), client_id
        self._client: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def publish(self, parcel: Parcel) -> None:
        """Publish and wait for the broker's acknowledgement. Raises DeliveryFailed."""
        retain = parcel.topic == CAMERA_TOPIC
        try:
            sent = self._connected().publish(
                self.topic_of(parcel), parcel.content(), qos=ONCE_AT_LEAST, retain=retain
            )
            sent.wait_for_publish(TIMEOUT_S)
            taken = sent.is_published()
        except (OSError, ValueError, RuntimeError) as error:
            self.close()
            raise DeliveryFailed(f"the broker does not answer ({type(error).__name__})") from None
        if not taken:
            self.close()
            raise DeliveryFailed("the broker did not acknowledge it")

    def topic_of(self, parcel: Parcel) -> str:
        """ngatu/case/confirmed, ngatu/camera/CAMERA/state."""
        if parcel.topic == CAMERA_TOPIC:
            return f"{self._prefix}/camera/{parcel.subject}/state"
        return f"{self._prefix}/{parcel.topic.replace('.', '/')}"

    def close(self) -> None:
        """Leave the broker."""
        if self._client is not None:
            client, self._client = self._client, None
            client.disconnect()
            client.loop_stop()

    def _connected(self) -> Any:
        if self._client is None or not self._client.is_connected():
            self.close()
            self._client = self._new_client()
        return self._client

    def _new_client(self) -> Any:
        from paho.mqtt import client as mqtt  # noqa: PLC0415 - only by setting: a quick start
        from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415

        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self._client_id)
        if self._parts.username:
            client.username_pw_set(unquote(self._parts.username), unquote(self._parts.password or ""))
        if self._parts.scheme == "mqtts":
            client.tls_set()
        client.connect_timeout = TIMEOUT_S
        port = self._parts.port or PORTS[self._parts.scheme]
        client.connect(str(self._parts.hostname), port, keepalive=30)
        client.loop_start()
        return client


def broker_of(url: str, prefix: str) -> Broker | None:
    """The broker of the settings; None when none is set. Raises BadInput."""
    return Broker(url, prefix=prefix, client_id=f"ngatu-{socket.gethostname()}"[:60]) if url else None
