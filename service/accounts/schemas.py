"""Accounts over the wire. A secret, a token and recovery codes go out once, when they are made."""

from datetime import datetime

from pydantic import Field

from service.schemas import Text, Wire


class MeOut(Wire):
    name: str
    role: str
    ward: str | None
    second_factor: bool
    must_enrol: bool
    """Whether a second factor must be added before anything else."""
    recovery_codes_left: int


class SecondFactorOut(Wire):
    secret: str
    uri: str
    """What an authenticator reads from a QR code."""


class CodeIn(Wire):
    code: Text = Field(max_length=30, examples=["123456"])


class RecoveryCodesOut(Wire):
    codes: list[str]


class PasswordChangeIn(Wire):
    old: Text = Field(max_length=200)
    new: Text = Field(max_length=200)


class PasswordResetIn(Wire):
    password: Text = Field(max_length=200)


class TokenIn(Wire):
    name: Text = Field(min_length=1, max_length=60, examples=["camera sync"])
    scopes: list[Text] = Field(max_length=20, examples=[["cameras:read", "cameras:write"]])
    days: int = Field(ge=1, le=366)


class TokenOut(Wire):
    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewTokenOut(TokenOut):
    token: str


class TokenList(Wire):
    tokens: list[TokenOut]
    next_after_id: int | None
