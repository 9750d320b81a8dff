"""A provider of OpenID Connect in a process of its own: code flow with PKCE, RS256, JWKS, UserInfo.

Who is logged in there, and what goes wrong, stands in FOLDER/person.json, read for every request:
{"claims": {…}, "fault": "nonce" | "audience" | "expired" | "none" | "issuer" | "shared" | "stranger" | "denied" |
"mixed up" | "hang" | "broken" | "endless" | "elsewhere" | "issuer of discovery", "userinfo": {…}}.
usage: oidc_provider.py FOLDER; prints its port.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

FOLDER = Path(sys.argv[1])
CLIENT, SECRET = "statuspage", "a secret of thirty-two characters"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "one"})
codes: dict[str, dict[str, str]] = {}
tokens: set[str] = set()


def said() -> dict[str, Any]:
    """What the test wants this request to find."""
    found: dict[str, Any] = json.loads((FOLDER / "person.json").read_text(encoding="utf-8"))
    return found


class Provider(BaseHTTPRequestHandler):
    """One request."""

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"  # type: ignore[str-bytes-safe]

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        fault = said().get("fault")
        if path == "/.well-known/openid-configuration":
            self.discover(fault)
        elif path == "/keys":
            self.reply({"keys": [KEY.as_dict(private=False)]})
        elif path == "/authorize":
            self.authorize({name: values[0] for name, values in query.items()}, fault)
        elif path == "/userinfo" and self.headers.get("Authorization", "").removeprefix("Bearer ") in tokens:
            self.reply(said()["userinfo"])
        else:
            self.reply({"error": "not found"}, 404)

    def do_POST(self) -> None:
        body = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())
        self.token({name: values[0] for name, values in body.items()}, said().get("fault"))

    def discover(self, fault: str | None) -> None:
        if fault == "hang":
            time.sleep(60)
        if fault == "broken":
            return self.reply({"error": "out of order"}, 500)
        if fault == "endless":
            return self.send_endlessly()
        return self.reply(
            {
                "issuer": self.issuer if fault != "issuer of discovery" else "https://elsewhere.example.com",
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": "http://localhost:1/token" if fault == "elsewhere" else f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "authorization_response_iss_parameter_supported": True,
            }
        )

    def authorize(self, asked: dict[str, str], fault: str | None) -> None:
        """Somebody is logged in already: send the browser back with a code at once."""
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        codes[code] = asked
        answer = {"code": code, "state": asked["state"], "iss": self.issuer}
        if fault == "denied":
            answer = {"error": "access_denied", "state": asked["state"], "iss": self.issuer}
        if fault == "mixed up":
            answer["iss"] = "https://elsewhere.example.com"
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(answer)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def token(self, sent: dict[str, str], fault: str | None) -> None:
        """The ID token, for the client that has the secret, the code and its verifier; each code once."""
        asked = codes.pop(sent.get("code", ""), None)
        right = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {right}":
            return self.reply({"error": "invalid_client"}, 401)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest())
        fits = asked and asked["code_challenge"] == challenge.decode().rstrip("=")
        if asked is None or not fits or asked["redirect_uri"] != sent.get("redirect_uri"):
            return self.reply({"error": "invalid_grant", "error_description": "no such code"}, 400)
        access = secrets.token_urlsafe(16)
        tokens.add(access)
        return self.reply({"access_token": access, "token_type": "Bearer", "id_token": self.signed(asked, fault)})

    def signed(self, asked: dict[str, str], fault: str | None) -> str:
        now = int(time.time())
        claims = {
            "iss": "https://elsewhere.example.com" if fault == "issuer" else self.issuer,
            "aud": "another client" if fault == "audience" else CLIENT,
            "iat": now - 7200 if fault == "expired" else now,
            "exp": now - 3600 if fault == "expired" else now + 300,
            "nonce": "another" if fault == "nonce" else asked["nonce"],
            **said()["claims"],
        }
        if fault == "none":
            parts = ({"alg": "none"}, claims)
            return (
                ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts) + "."
            )
        if fault == "shared":
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, OTHER if fault == "stranger" else KEY)

    def send_endlessly(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b'{"a": "' + b"x" * 65536)
        except OSError:
            self.close_connection = True

    def reply(self, body: dict[str, Any], status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    server.serve_forever()
