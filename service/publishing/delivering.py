"""Delivers what the outbox holds: to webhooks and to an MQTT broker, again and again until it is taken or given up.

address ─▶ one delivery per receiver    claim ─▶ due ones, leased    send, in no transaction ─▶ note how it went
Several services may run this side by side: a leased delivery is nobody else's until its lease ends.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from service.cameras.health import healths, told_state
from service.database import transaction
from service.door import Record
from service.idempotency import forget_old
from service.publishing.mqtt import Broker
from service.publishing.outbox import publish_camera
from service.publishing.sending import DeliveryFailed, Parcel, post_to_webhook
from service.publishing.tables import OutboxDelivery, OutboxMessage, Webhook
from service.tables import CameraRow

log = structlog.get_logger()
AT_ONCE = 50
LEASE = timedelta(minutes=2)
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=6)
MOST_ATTEMPTS = 14
"""With pauses of 10 s, 20 s, 40 s, … up to 6 h: about a day and a half."""
KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pass:
    """What one pass did."""

    delivered: int = 0
    failed: int = 0


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts."""
    return min(FIRST_PAUSE * float(2 ** (attempts - 1)), LONGEST_PAUSE)


def deliver_due(record: Record, *, at: datetime, broker: Broker | None) -> Pass:
    """One pass over everything that is due."""
    with transaction(record.engine) as session:
        _address(session, with_broker=broker is not None, at=at)
    with transaction(record.engine) as session:
        parcels = _claim(session, record, at)
    delivered = failed = 0
    for parcel in parcels:
        error = _send(record, parcel, broker, at)
        with transaction(record.engine) as session:
            _note(session, parcel, error, at)
        delivered, failed = delivered + (error is None), failed + (error is not None)
    return Pass(delivered=delivered, failed=failed)


def tell_camera_states(record: Record, *, at: datetime) -> int:
    """Write down which cameras' state is another one than was told last: watched, moved, silent and so on."""
    with transaction(record.engine) as session:
        cameras = session.scalars(select(CameraRow).where(CameraRow.kind == "smart")).all()
        known = healths(session)
        states = {one.camera_id: told_state(one, known.get(one.camera_id), at=at) for one in cameras}
        return sum(publish_camera(session, camera, states[camera.camera_id], at=at) for camera in cameras)


def tidy(record: Record, *, at: datetime) -> None:
    """Drop what was delivered or given up long ago, except what a camera said last, and answers nobody asks again."""
    with transaction(record.engine) as session:
        forget_old(session, at=at)
        newest = select(func.max(OutboxMessage.id)).group_by(OutboxMessage.topic, OutboxMessage.subject)
        still_open = select(OutboxDelivery.message_id).where(OutboxDelivery.ended_at.is_(None))
        old = select(OutboxMessage.id).where(
            OutboxMessage.created_at < at - KEPT_FOR,
            OutboxMessage.addressed_at.is_not(None),
            OutboxMessage.id.not_in(still_open),
            OutboxMessage.topic.startswith("case.") | OutboxMessage.id.not_in(newest),
        )
        ids = session.scalars(old.limit(1000)).all()
        session.execute(delete(OutboxDelivery).where(OutboxDelivery.message_id.in_(ids)))
        session.execute(delete(OutboxMessage).where(OutboxMessage.id.in_(ids)))


def _address(session: Session, *, with_broker: bool, at: datetime) -> None:
    query = select(OutboxMessage).where(OutboxMessage.addressed_at.is_(None)).order_by(OutboxMessage.id)
    messages = session.scalars(_for_one(session, query.limit(AT_ONCE))).all()
    if not messages:
        return
    webhooks = session.scalars(select(Webhook).where(Webhook.removed_at.is_(None))).all()
    for message in messages:
        receivers: list[int | None] = [
            webhook.id
            for webhook in webhooks
            if message.topic in webhook.topics.split() and webhook.created_at <= message.created_at
        ]
        receivers += [None] if with_broker else []
        session.add_all(
            OutboxDelivery(
                message_id=message.id, webhook_id=receiver, next_at=at, attempts=0, outcome="waiting"
            )
            for receiver in receivers
        )
        message.addressed_at = at


def _claim(session: Session, record: Record, at: datetime) -> list[Parcel]:
    query = (
        select(OutboxDelivery)
        .where(OutboxDelivery.ended_at.is_(None), OutboxDelivery.next_at <= at)
        .order_by(OutboxDelivery.next_at, OutboxDelivery.id)
        .limit(AT_ONCE)
    )
    parcels = []
    for delivery in session.scalars(_for_one(session, query)).all():
        delivery.attempts, delivery.next_at = delivery.attempts + 1, at + LEASE
        message = session.get_one(OutboxMessage, delivery.message_id)
        webhook = session.get(Webhook, delivery.webhook_id) if delivery.webhook_id else None
        if webhook is not None and webhook.removed_at is not None:
            delivery.ended_at, delivery.outcome = at, "given_up"
            continue
        secret = record.secret.decrypt(webhook.secret_encrypted.encode()).decode() if webhook else ""
        parcels.append(
            Parcel(
                delivery_id=delivery.id,
                message_id=message.id,
                topic=message.topic,
                subject=message.subject,
                body=message.body,
                happened_at=message.created_at,
                url=webhook.url if webhook else None,
                secret=secret,
                attempts=delivery.attempts,
            )
        )
    return parcels


def _for_one(session: Session, query: Any) -> Any:
    """On PostgreSQL another service takes other rows; SQLite has one writer anyway."""
    bind = session.get_bind()
    engine = bind if isinstance(bind, Engine) else bind.engine
    return query.with_for_update(skip_locked=True) if engine.dialect.name == "postgresql" else query


def _send(record: Record, parcel: Parcel, broker: Broker | None, at: datetime) -> str | None:
    """None when it was taken, else why not."""
    try:
        if parcel.url is not None:
            post_to_webhook(parcel, at=at, local=record.settings.local_webhooks)
        elif broker is not None:
            broker.publish(parcel)
        else:
            raise DeliveryFailed("no broker is set any more")
    except DeliveryFailed as error:
        return str(error)
    return None


def _note(session: Session, parcel: Parcel, error: str | None, at: datetime) -> None:
    delivery = session.get_one(OutboxDelivery, parcel.delivery_id)
    delivery.last_error = error[:200] if error else None
    if error is None:
        delivery.ended_at, delivery.outcome = at, "delivered"
    elif parcel.attempts >= MOST_ATTEMPTS:
        delivery.ended_at, delivery.outcome = at, "given_up"
        log.error("message_given_up", message=parcel.message_id, topic=parcel.topic, why=error)
    else:
        delivery.next_at = at + pause_after(parcel.attempts)
        log.warning("message_not_taken", message=parcel.message_id, attempts=parcel.attempts, why=error)
