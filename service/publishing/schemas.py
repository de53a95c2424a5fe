"""Webhooks over the wire. Their secret goes out once."""

from datetime import datetime

from pydantic import Field

from service.schemas import Text, Wire


class WebhookIn(Wire):
    url: Text = Field(max_length=500, examples=["https://integrator.example/ngatu"])
    topics: list[Text] = Field(min_length=1, max_length=20, examples=[["case.confirmed", "camera.state"]])


class WebhookOut(Wire):
    id: int
    url: str
    topics: list[str]
    created_at: datetime
    removed_at: datetime | None


class NewWebhookOut(WebhookOut):
    secret: str


class WebhookList(Wire):
    webhooks: list[WebhookOut]
    next_after_id: int | None


class DeliveryOut(Wire):
    id: int
    message: str
    topic: str
    outcome: str
    attempts: int
    next_at: datetime
    ended_at: datetime | None
    last_error: str | None


class DeliveryList(Wire):
    deliveries: list[DeliveryOut]
    next_before_id: int | None
