"""RTSP's way to sign in: the server's WWW-Authenticate lines in, our Authorization line out (RFC 7616, RFC 7617)."""

import base64
import re
import secrets
from dataclasses import dataclass, field
from hashlib import md5, sha256

_PART = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')
_HASHES = {"MD5": md5, "SHA-256": sha256}


@dataclass(kw_only=True)
class SignIn:
    """A user and password, and what the server asked for; the counter makes each answer new."""

    user: str
    password: str = field(repr=False)
    scheme: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def asked(self, lines: list[str]) -> bool:
        """Take the best of the server's challenges that we know; whether there is one."""
        for scheme in ("digest", "basic"):
            for line in lines:
                kind, _, rest = line.partition(" ")
                parts = {name.lower(): quoted or plain for name, quoted, plain in _PART.findall(rest)}
                if kind.lower() == scheme and (scheme == "basic" or _hash_of(parts) in _HASHES):
                    self.scheme, self.parts, self.count = scheme, parts, 0
                    return True
        return False

    def line(self, method: str, url: str) -> str:
        """The header's line for one request; empty while the server asked for nothing."""
        if self.scheme == "basic":
            token = base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")
            return f"Authorization: Basic {token}\r\n"
        return self._digest(method, url) if self.scheme == "digest" else ""

    def _digest(self, method: str, url: str) -> str:
        parts, named = self.parts, _hash_of(self.parts)

        def digest(text: str) -> str:
            return _HASHES[named](text.encode()).hexdigest()

        realm, nonce = parts.get("realm", ""), parts.get("nonce", "")
        who, what = digest(f"{self.user}:{realm}:{self.password}"), digest(f"{method}:{url}")
        said = f'username="{self.user}", realm="{realm}", nonce="{nonce}", uri="{url}"'
        if "auth" in [word.strip() for word in parts.get("qop", "").split(",")]:
            self.count += 1
            count, own = f"{self.count:08x}", secrets.token_hex(8)
            answer = digest(f"{who}:{nonce}:{count}:{own}:auth:{what}")
            said += f', qop=auth, nc={count}, cnonce="{own}"'
        else:
            answer = digest(f"{who}:{nonce}:{what}")
        if "algorithm" in parts:
            said += f", algorithm={parts['algorithm']}"
        if "opaque" in parts:
            said += f', opaque="{parts["opaque"]}"'
        return f'Authorization: Digest {said}, response="{answer}"\r\n'


def _hash_of(parts: dict[str, str]) -> str:
    return parts.get("algorithm", "MD5").upper()
