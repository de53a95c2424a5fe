"""One's own account under /api/v1/me and /tokens, and what an administrator does with the accounts of others."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from service import people
from service.accounts import second_factor, tokens
from service.accounts.schemas import (
    CodeIn,
    MeOut,
    NewTokenOut,
    PasswordChangeIn,
    PasswordResetIn,
    RecoveryCodesOut,
    SecondFactorOut,
    TokenIn,
    TokenList,
    TokenOut,
)
from service.accounts.tables import ApiToken
from service.door import SESSION_COOKIE, CallerHere, Now, RecordHere, RowId, SessionHere
from service.errors import Conflict
from service.idempotency import IdempotentRoute
from service.schemas import PersonEdit, PersonOut
from service.seen_versions import check_seen, tag_of
from service.tables import Person, SignIn

router = APIRouter(prefix="/api/v1", route_class=IdempotentRoute)


@router.get("/me")
def get_me(caller: CallerHere, session: SessionHere) -> MeOut:
    """Who is signed in."""
    person = session.get_one(Person, caller.person_id)
    return MeOut(
        name=caller.name,
        role=caller.role,
        ward=caller.ward,
        second_factor=second_factor.is_enrolled(person),
        must_enrol=caller.must_enrol,
        recovery_codes_left=second_factor.codes_left(session, person),
    )


@router.post("/me/password", status_code=204)
def post_password(
    body: PasswordChangeIn, request: Request, caller: CallerHere, session: SessionHere, now: Now
) -> None:
    """Change one's own password; one's other sessions end."""
    person = session.get_one(Person, caller.person_id, with_for_update=True)
    keep = request.cookies.get(SESSION_COOKIE, "")
    people.change_password(session, person, old=body.old, new=body.new, at=now, keep=keep)


@router.post("/me/second-factor", status_code=201)
def post_second_factor(caller: CallerHere, session: SessionHere, record: RecordHere) -> SecondFactorOut:
    """Begin a second factor: put the address into an authenticator, then confirm with its first code."""
    person = session.get_one(Person, caller.person_id, with_for_update=True)
    totp_secret, uri = second_factor.begin(person, record.secret)
    return SecondFactorOut(secret=totp_secret, uri=uri)


@router.post("/me/second-factor/confirm")
def post_second_factor_code(
    body: CodeIn, request: Request, caller: CallerHere, session: SessionHere, record: RecordHere, now: Now
) -> RecoveryCodesOut:
    """Put the second factor in force. The recovery codes are shown this once: print them."""
    person = session.get_one(Person, caller.person_id, with_for_update=True)
    codes = second_factor.confirm(session, person, body.code, secret=record.secret, at=now)
    row = session.get_one(SignIn, people.digest(request.cookies.get(SESSION_COOKIE, "")))
    row.must_enrol = False
    return RecoveryCodesOut(codes=codes)


@router.get("/tokens")
def get_tokens(
    caller: CallerHere,
    session: SessionHere,
    after_id: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> TokenList:
    """One's own API tokens, spent ones too."""
    found = tokens.list_tokens(session, caller, after_id=after_id, limit=limit)
    return TokenList(
        tokens=[_token_out(token) for token in found],
        next_after_id=found[-1].id if len(found) == limit else None,
    )


@router.post("/tokens", status_code=201)
def post_token(body: TokenIn, caller: CallerHere, session: SessionHere, now: Now) -> NewTokenOut:
    """Make an API token for a program: it may do what its scopes and one's own role both allow. Shown this once."""
    token, text = tokens.create_token(
        session, caller, name=body.name, scopes=list(body.scopes), days=body.days, at=now
    )
    return NewTokenOut(**_token_out(token).model_dump(), token=text)


@router.delete("/tokens/{token_id}")
def delete_token(token_id: RowId, caller: CallerHere, session: SessionHere, now: Now) -> TokenOut:
    """Let a token do nothing more: one's own, or as an administrator anybody's."""
    return _token_out(tokens.revoke_token(session, token_id, caller, at=now))


def account_here(name: str, caller: CallerHere, session: SessionHere) -> Person:
    """The account that the path names, of the administrator's ward, held; as it was looked at."""
    caller.require("admin")
    person = people.find_person(session, name, caller, lock=True)
    check_seen(caller, tag_of(PersonOut.model_validate(person)), name)
    return person


AccountHere = Annotated[Person, Depends(account_here)]


@router.get("/people/{name}")
def get_person(person: AccountHere, response: Response) -> PersonOut:
    """One account. The ETag names its version: send it as If-Match with a change."""
    return _person_out(person, response)


@router.post("/people/{name}")
def post_person_edit(
    body: PersonEdit,
    person: AccountHere,
    caller: CallerHere,
    session: SessionHere,
    now: Now,
    response: Response,
) -> PersonOut:
    """Give somebody another role or ward; what is not sent stays."""
    ward = body.ward if "ward" in body.model_fields_set else person.ward
    people.edit_person(session, person, role=body.role, ward=ward, caller=caller, at=now)
    return _person_out(person, response)


@router.post("/people/{name}/password")
def post_persons_password(
    body: PasswordResetIn, person: AccountHere, caller: CallerHere, session: SessionHere, now: Now
) -> PersonOut:
    """Give somebody a new password and lift a lock-out; their sessions end."""
    people.reset_password(session, person, new=body.password, at=now, who=caller.name)
    return PersonOut.model_validate(person)


@router.delete("/people/{name}/second-factor")
def delete_persons_second_factor(
    person: AccountHere, caller: CallerHere, session: SessionHere, now: Now
) -> PersonOut:
    """Take somebody's second factor away, because phone and recovery codes are lost; their sessions end."""
    second_factor.take_away(session, person, at=now, who=caller.name)
    return PersonOut.model_validate(person)


@router.delete("/people/{name}")
def delete_person(person: AccountHere, caller: CallerHere, session: SessionHere, now: Now) -> PersonOut:
    """Close somebody's account; the name stays in the record. One's own is closed by another administrator."""
    if person.id == caller.person_id:
        raise Conflict("your own account is changed by another administrator")
    return PersonOut.model_validate(people.close_account(session, person.name, at=now, who=caller.name))


def _person_out(person: Person, response: Response) -> PersonOut:
    shown = PersonOut.model_validate(person)
    response.headers["ETag"] = f'"{tag_of(shown)}"'
    return shown


def _token_out(token: ApiToken) -> TokenOut:
    names = ("id", "name", "created_at", "expires_at", "last_used_at", "revoked_at")
    return TokenOut(scopes=token.scopes.split(), **{name: getattr(token, name) for name in names})
