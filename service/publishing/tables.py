"""What is told to other systems: webhooks, messages in the order of what happened, and where each was delivered."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base


class Webhook(Base):
    """An address that messages are sent to, signed with its secret."""

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(String(500))
    topics: Mapped[str] = mapped_column(String(400))
    """Separated by spaces."""
    secret_encrypted: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    removed_at: Mapped[datetime | None]


class OutboxMessage(Base):
    """Something that happened; written in the transaction in which it happened."""

    __tablename__ = "outbox_message"
    __table_args__ = (Index("ix_outbox_message_subject", "topic", "subject", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(100))
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(index=True)
    addressed_at: Mapped[datetime | None] = mapped_column(index=True)
    """When its deliveries were made up; None before."""


class OutboxDelivery(Base):
    """One message for one receiver; without a webhook the receiver is the MQTT broker."""

    __tablename__ = "outbox_delivery"
    __table_args__ = (Index("ix_outbox_delivery_open", "ended_at", "next_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("outbox_message.id"), index=True)
    webhook_id: Mapped[int | None] = mapped_column(ForeignKey("webhook.id"), index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(10), default="waiting")
    """waiting, delivered, or given_up."""
    last_error: Mapped[str | None] = mapped_column(String(200))
