"""Signing in at another provider: a real provider process, honest once and wrong in every way that matters."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.accounts import oidc
from service.tables import AuditEntry, Person
from tests.service.conftest import Service
from tests.service.oidc_provider import CLIENT_ID, CLIENT_SECRET, running_provider

Open = Callable[[], Session]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running_provider() as address:
        yield address


@pytest.fixture
def there(service: Service, issuer: str) -> Service:
    """The service with the provider set."""
    settings = service.record.settings
    settings.oidc_issuer, settings.oidc_client_id = issuer, CLIENT_ID
    settings.oidc_client_secret, settings.public_url = SecretStr(CLIENT_SECRET), "http://testserver"
    return service


def come_back(client: TestClient, **said: str) -> httpx.Response:
    """Leave for the provider, as somebody and with some fault, and come back."""
    away = client.get("/sign-in/oidc", params={"next": "/queue"}, follow_redirects=False)
    assert away.status_code == 303, away.text
    at_provider = httpx.get(
        away.headers["location"], params={**httpx.URL(away.headers["location"]).params, **said}
    )
    back = httpx.URL(at_provider.headers["location"])
    return client.get(back.raw_path.decode(), follow_redirects=False)


def is_turned_away(answer: httpx.Response) -> bool:
    """Whether nobody was signed in and the browser is led to the form."""
    return answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")


def test_who_is_known_at_the_provider_is_signed_in_here(there: Service, session_here: Open) -> None:
    client = there.client()
    answer = come_back(client, user="other-reviewer")
    assert answer.status_code == 200, answer.text
    assert 'url=/queue"' in answer.text, "a page of ours leads on: the cookie is SameSite=Strict"
    assert client.get("/api/v1/me").json()["name"] == "other-reviewer"
    session = session_here()
    person = session.scalars(select(Person).where(Person.name == "other-reviewer")).one()
    assert person.oidc_subject == "subject of other-reviewer"
    assert "oidc_linked" in session.scalars(select(AuditEntry.action)).all()


def test_the_sign_in_page_leads_to_the_provider_only_when_one_is_set(service: Service, issuer: str) -> None:
    assert "/sign-in/oidc" not in service.client().get("/sign-in").text
    assert service.client().get("/sign-in/oidc").status_code == 404
    service.record.settings.oidc_issuer = issuer
    assert "/sign-in/oidc" in service.client().get("/sign-in").text


def test_a_name_that_moves_to_somebody_else_at_the_provider_does_not_get_the_account(
    there: Service, session_here: Open
) -> None:
    session = session_here()
    session.scalars(select(Person).where(Person.name == "other-reviewer")).one().oidc_subject = "the first"
    session.commit()
    assert come_back(there.client(), user="other-reviewer").status_code == 403


@pytest.mark.parametrize("fault", ["issuer", "audience", "expired", "nonce", "key", "unsigned"])
def test_an_id_token_that_must_not_be_believed_signs_nobody_in(fault: str, there: Service) -> None:
    client = there.client()
    answer = come_back(client, user="other-reviewer", fault=fault)
    assert is_turned_away(answer), answer.text
    assert client.get("/api/v1/me").status_code == 401


def test_who_has_no_account_or_a_closed_one_stays_outside(there: Service) -> None:
    assert come_back(there.client(), user="nobody here").status_code == 403
    there.client("admin").delete("/api/v1/people/other-reviewer")
    assert come_back(there.client(), user="other-reviewer").status_code == 403


def test_coming_back_needs_the_browser_that_left_and_comes_once(there: Service) -> None:
    client = there.client()
    away = client.get("/sign-in/oidc", follow_redirects=False)
    back = httpx.URL(httpx.get(away.headers["location"]).headers["location"])
    other = there.client().get(back.raw_path.decode(), follow_redirects=False)
    assert is_turned_away(other)
    assert is_turned_away(client.get(f"{oidc.CALLBACK}?code=x&state=forged", follow_redirects=False))
    assert client.get(back.raw_path.decode()).status_code == 200
    assert is_turned_away(client.get(back.raw_path.decode(), follow_redirects=False))
    assert client.get(f"{oidc.CALLBACK}?error=access_denied").status_code == 400


def test_the_provider_leads_nowhere_else_afterwards(there: Service) -> None:
    client = there.client()
    away = client.get("/sign-in/oidc", params={"next": "https://evil.example/"}, follow_redirects=False)
    back = httpx.URL(httpx.get(away.headers["location"]).headers["location"])
    assert "evil" not in client.get(back.raw_path.decode()).text


def test_a_provider_that_is_away_is_said_to_be_away(there: Service) -> None:
    there.record.settings.oidc_issuer = "http://127.0.0.1:9"
    assert there.client().get("/sign-in/oidc").status_code == 503


def test_a_wrong_client_secret_signs_nobody_in(there: Service) -> None:
    there.record.settings.oidc_client_secret = SecretStr("wrong")
    assert is_turned_away(come_back(there.client(), user="other-reviewer"))
