"""A small OpenID Connect provider as a process of its own: python -m tests.service.oidc_provider PORT.

Authorization code with PKCE, client secret by HTTP basic, ID tokens signed with RS256. Who signs in, and what the
provider does wrong, is said in the authorization request: &user=NAME&fault=FAULT.
"""

import base64
import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import PIPE, Popen
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "ngatu", "the-secret"
KEY, FOREIGN_KEY = (RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}) for _ in range(2))
NOW = 1_795_496_400
"""24 November 2026, 5 o'clock: the clock of the tests."""
CODES: dict[str, dict[str, str]] = {}


class Provider(BaseHTTPRequestHandler):
    """Answers the four addresses of a provider."""

    issuer = ""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        if asked.path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
            self.answer({"issuer": self.issuer, **{k: f"{self.issuer}/{v}" for k, v in names.items()}})
        elif asked.path == "/keys":
            self.answer({"keys": [KEY.as_dict(private=False)]})
        elif asked.path == "/authorize":
            code = secrets.token_urlsafe(8)
            CODES[code] = query
            self.send_response(302)
            back = urlencode({"code": code, "state": query["state"]})
            self.send_header("Location", f"{query['redirect_uri']}?{back}")
            self.end_headers()
        else:
            self.answer({"error": "not_found"}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        asked = CODES.pop(sent.get("code", ""), None)
        basic = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ") or b"").decode()
        if basic != f"{CLIENT_ID}:{CLIENT_SECRET}":
            self.answer({"error": "invalid_client"}, 401)
        elif (
            asked is None
            or self.challenge_of(sent) != asked["code_challenge"]
            or sent["redirect_uri"] != asked["redirect_uri"]
        ):
            self.answer({"error": "invalid_grant"}, 400)
        else:
            token = {"access_token": "a", "token_type": "Bearer", "expires_in": 60}
            self.answer({**token, "id_token": self.id_token(asked)})

    def challenge_of(self, sent: dict[str, str]) -> str:
        digest = sha256(sent.get("code_verifier", "").encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def id_token(self, asked: dict[str, str]) -> str:
        user, fault = asked.get("user", "reviewer"), asked.get("fault", "")
        claims = {
            "iss": "https://elsewhere.example" if fault == "issuer" else self.issuer,
            "aud": "another client" if fault == "audience" else CLIENT_ID,
            "exp": NOW - 3600 if fault == "expired" else NOW + 10**8,
            "iat": NOW - 3600,
            "nonce": "another" if fault == "nonce" else asked["nonce"],
            "sub": f"subject of {user}",
            "preferred_username": user,
        }
        if fault == "unsigned":
            parts = [{"alg": "none"}, claims]
            texts = [
                base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
            ]
            return ".".join([*texts, ""])
        key = FOREIGN_KEY if fault == "key" else KEY
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)

    def answer(self, body: dict[str, object], status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def running_provider() -> Iterator[str]:
    """The provider in a process; its issuer address."""
    root = Path(__file__).parents[2]
    process = Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.service.oidc_provider"],
        cwd=root,
        stdout=PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    Provider.issuer = f"http://127.0.0.1:{server.server_port}"
    sys.stdout.write(f"{Provider.issuer}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
