"""Signing in at another provider: OpenID Connect with an authorization code and PKCE.

start ─▶ the provider's address and a sealed memory of this attempt (a cookie)
finish ─▶ who came back: the ID token's signature, issuer, audience, nonce and age are checked
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit import write_audit
from service.errors import Forbidden, NotSignedIn, ServiceError
from service.settings import Settings
from service.tables import Person

CALLBACK = "/sign-in/oidc/callback"
ATTEMPT_S = 600
TIMEOUT_S = 10.0
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""No `none`, and none that signs with the client's own secret."""
LEEWAY_S = 60
DISCOVERY = "/.well-known/openid-configuration"


class ProviderFailed(ServiceError):
    """The provider cannot be asked now, or answers what no provider should."""

    status = 503


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """What the provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """What must be remembered between leaving for the provider and coming back."""

    state: str
    nonce: str
    verifier: str
    next: str


def start(settings: Settings, *, next: str, secret: Fernet) -> tuple[str, str]:
    """Where to send the browser, and the sealed attempt for its cookie. Raises ProviderFailed."""
    provider = _provider(settings)
    attempt = Attempt(
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        next=next,
    )
    with _client(settings) as client:
        address, _ = client.create_authorization_url(
            provider.authorization_endpoint,
            state=attempt.state,
            nonce=attempt.nonce,
            code_verifier=attempt.verifier,
        )
    remembered = {name: getattr(attempt, name) for name in Attempt.__slots__}
    return str(address), secret.encrypt(json.dumps(remembered).encode()).decode()


def finish(
    settings: Settings, *, sealed: str, code: str, state: str, secret: Fernet, at: datetime
) -> tuple[dict[str, Any], str]:
    """The claims of who came back, and where they wanted to go. Raises NotSignedIn, ProviderFailed."""
    attempt = _opened(sealed, secret)
    if not secrets.compare_digest(attempt.state.encode(), state.encode()):
        raise NotSignedIn("this sign-in was not begun in this browser; begin again")
    provider = _provider(settings)
    id_token = _exchange(settings, provider, code, attempt.verifier)
    return _claims(settings, provider, id_token, nonce=attempt.nonce, at=at), attempt.next


def person_of(session: Session, claims: dict[str, Any], *, settings: Settings, at: datetime) -> Person:
    """The account of who came back, tied to the provider's subject at the first time. Raises Forbidden.

    Accounts are made in Ngã Tư, with role and ward; the provider only says who somebody is.
    """
    subject = str(claims["sub"])
    person = session.scalars(select(Person).where(Person.oidc_subject == subject)).first()
    if person is None:
        name = str(claims.get(settings.oidc_name_claim) or "")
        person = session.scalars(select(Person).where(Person.name == name).with_for_update()).first()
        if person is None or person.oidc_subject is not None:
            raise Forbidden("nobody of this name has an account here: ask the administrator for one")
        person.oidc_subject = subject
        write_audit(session, at=at, who=person.name, action="oidc_linked", subject=person.name)
    if not person.active:
        raise Forbidden("this account is closed; ask the administrator")
    return person


def _opened(sealed: str, secret: Fernet) -> Attempt:
    try:
        remembered = json.loads(secret.decrypt(sealed.encode(), ttl=ATTEMPT_S))
    except (InvalidToken, ValueError):
        raise NotSignedIn("this sign-in took too long or was not begun here; begin again") from None
    return Attempt(**remembered)


def _client(settings: Settings) -> Any:
    from authlib.integrations.httpx_client import OAuth2Client  # noqa: PLC0415 - only by setting: a quick start

    return OAuth2Client(
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value() or None,
        token_endpoint_auth_method="client_secret_basic" if settings.oidc_client_secret else "none",
        scope="openid profile email",
        redirect_uri=settings.public_url.rstrip("/") + CALLBACK,
        code_challenge_method="S256",
        timeout=TIMEOUT_S,
        follow_redirects=False,
    )


def _provider(settings: Settings) -> Provider:
    issuer = settings.oidc_issuer
    said = _fetched(issuer.rstrip("/") + DISCOVERY)
    try:
        provider = Provider(**{name: str(said[name]) for name in Provider.__slots__})
    except KeyError as missing:
        raise ProviderFailed(f"{issuer}: its configuration lacks {missing}") from None
    if provider.issuer != issuer:
        raise ProviderFailed(f"{issuer}: calls itself {provider.issuer}; set NGATU_OIDC_ISSUER to that")
    return provider


def _fetched(address: str) -> dict[str, Any]:
    import httpx  # noqa: PLC0415 - only by setting: a quick start

    try:
        found = httpx.get(address, timeout=TIMEOUT_S).raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise ProviderFailed(
            f"{address}: does not answer as a provider does ({type(error).__name__})"
        ) from None
    if not isinstance(found, dict):
        raise ProviderFailed(f"{address}: is no JSON object")
    return found


def _exchange(settings: Settings, provider: Provider, code: str, verifier: str) -> str:
    import httpx  # noqa: PLC0415 - only by setting: a quick start
    from authlib.integrations.base_client import OAuthError  # noqa: PLC0415

    try:
        with _client(settings) as client:
            token = client.fetch_token(provider.token_endpoint, code=code, code_verifier=verifier)
    except OAuthError as error:
        raise NotSignedIn(f"the provider refused the sign-in ({error.error}); begin again") from None
    except (httpx.HTTPError, ValueError) as error:
        raise ProviderFailed(
            f"{provider.token_endpoint}: does not answer ({type(error).__name__}); try again"
        ) from None
    if not isinstance(token.get("id_token"), str):
        raise ProviderFailed(f"{provider.token_endpoint}: gave no id_token; is it OpenID Connect?")
    return str(token["id_token"])


def _claims(
    settings: Settings, provider: Provider, id_token: str, *, nonce: str, at: datetime
) -> dict[str, Any]:
    from joserfc import jwt  # noqa: PLC0415 - only by setting: a quick start
    from joserfc.errors import JoseError  # noqa: PLC0415
    from joserfc.jwk import KeySet  # noqa: PLC0415

    rules = jwt.JWTClaimsRegistry(
        now=int(at.timestamp()),
        leeway=LEEWAY_S,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": settings.oidc_client_id},
        exp={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        keys = KeySet.import_key_set(_fetched(provider.jwks_uri))  # type: ignore[arg-type]
        claims = jwt.decode(id_token, keys, algorithms=ALGORITHMS).claims
        rules.validate(claims)
    except (JoseError, ValueError) as error:
        raise NotSignedIn(
            f"the provider's answer cannot be believed ({type(error).__name__}); begin again"
        ) from None
    return dict(claims)
