"""Webhooks under /api/v1: register them, see what was delivered, send again what was given up."""

import base64
import secrets
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit import write_audit
from service.door import CallerHere, Now, RecordHere, RowId, SessionHere
from service.errors import BadInput, Conflict, Forbidden, NotFound
from service.idempotency import IdempotentRoute
from service.people import Caller
from service.publishing.outbox import TOPICS
from service.publishing.schemas import (
    DeliveryList,
    DeliveryOut,
    NewWebhookOut,
    WebhookIn,
    WebhookList,
    WebhookOut,
)
from service.publishing.sending import SECRET_PREFIX, check_webhook_url
from service.publishing.tables import OutboxDelivery, OutboxMessage, Webhook

router = APIRouter(prefix="/api/v1", route_class=IdempotentRoute)
KEEPERS = ("integrator", "admin")


@router.get("/webhooks")
def get_webhooks(
    caller: CallerHere,
    session: SessionHere,
    after_id: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> WebhookList:
    """Registered webhooks, removed ones too."""
    _require_keeper(caller)
    query = select(Webhook).where(Webhook.id > after_id).order_by(Webhook.id).limit(limit)
    found = session.scalars(query).all()
    return WebhookList(
        webhooks=[_out(webhook) for webhook in found],
        next_after_id=found[-1].id if len(found) == limit else None,
    )


@router.post("/webhooks", status_code=201)
def post_webhook(
    body: WebhookIn, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now
) -> NewWebhookOut:
    """Have messages of some topics sent to an address, signed as Standard Webhooks say. The secret is shown once."""
    _require_keeper(caller)
    unknown = sorted(set(body.topics) - set(TOPICS))
    if unknown:
        raise BadInput(f"topics: {', '.join(unknown)}; there are {', '.join(TOPICS)}")
    check_webhook_url(body.url, local=record.settings.local_webhooks)
    secret = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    webhook = Webhook(
        url=body.url,
        topics=" ".join(sorted(set(body.topics))),
        secret_encrypted=record.secret.encrypt(secret.encode()).decode(),
        created_at=now,
        created_by=caller.person_id,
    )
    session.add(webhook)
    session.flush()
    after = {"webhook": webhook.id, "url": webhook.url, "topics": webhook.topics}
    write_audit(
        session, at=now, who=caller.name, action="webhook_added", subject=f"webhook {webhook.id}", after=after
    )
    return NewWebhookOut(**_out(webhook).model_dump(), secret=secret)


@router.delete("/webhooks/{webhook_id}")
def delete_webhook(webhook_id: RowId, caller: CallerHere, session: SessionHere, now: Now) -> WebhookOut:
    """Send nothing more there; what waits is given up."""
    _require_keeper(caller)
    webhook = _webhook(session, webhook_id)
    if webhook.removed_at is None:
        webhook.removed_at = now
        write_audit(
            session, at=now, who=caller.name, action="webhook_removed", subject=f"webhook {webhook.id}"
        )
    return _out(webhook)


@router.get("/webhooks/{webhook_id}/deliveries")
def get_deliveries(
    webhook_id: RowId,
    caller: CallerHere,
    session: SessionHere,
    before_id: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DeliveryList:
    """What was sent there and how it went, the newest first."""
    _require_keeper(caller)
    webhook = _webhook(session, webhook_id)
    query = select(OutboxDelivery, OutboxMessage.topic).join(OutboxMessage)
    query = query.where(OutboxDelivery.webhook_id == webhook.id)
    if before_id is not None:
        query = query.where(OutboxDelivery.id < before_id)
    found = session.execute(query.order_by(OutboxDelivery.id.desc()).limit(limit)).all()
    return DeliveryList(
        deliveries=[_delivery_out(row[0], row[1]) for row in found],
        next_before_id=found[-1][0].id if len(found) == limit else None,
    )


@router.post("/webhooks/{webhook_id}/deliveries/{delivery_id}/again")
def post_delivery_again(
    webhook_id: RowId, delivery_id: RowId, caller: CallerHere, session: SessionHere, now: Now
) -> DeliveryOut:
    """Send a message that was given up once more."""
    _require_keeper(caller)
    webhook = _webhook(session, webhook_id)
    delivery = session.get(OutboxDelivery, delivery_id, with_for_update=True)
    if delivery is None or delivery.webhook_id != webhook.id:
        raise NotFound(f"delivery {delivery_id}: there is none of this webhook")
    if delivery.outcome != "given_up" or webhook.removed_at is not None:
        raise Conflict(f"delivery {delivery_id}: is {delivery.outcome}; only what was given up is sent again")
    delivery.outcome, delivery.ended_at, delivery.attempts, delivery.next_at = "waiting", None, 0, now
    return _delivery_out(delivery, session.get_one(OutboxMessage, delivery.message_id).topic)


def _require_keeper(caller: Caller) -> None:
    caller.require(*KEEPERS)
    if caller.ward is not None:
        raise Forbidden("webhooks tell of the whole city: they are for people who are bound to no ward")


def _webhook(session: Session, webhook_id: int) -> Webhook:
    webhook = session.get(Webhook, webhook_id)
    if webhook is None:
        raise NotFound(f"webhook {webhook_id}: there is none")
    return webhook


def _out(webhook: Webhook) -> WebhookOut:
    names = ("id", "url", "created_at", "removed_at")
    return WebhookOut(topics=webhook.topics.split(), **{name: getattr(webhook, name) for name in names})


def _delivery_out(delivery: OutboxDelivery, topic: str) -> DeliveryOut:
    names = ("id", "outcome", "attempts", "next_at", "ended_at", "last_error")
    return DeliveryOut(
        message=f"msg_{delivery.message_id}", topic=topic, **{name: getattr(delivery, name) for name in names}
    )
