"""The published files over HTTP: negotiation, conditions, headers; the same from both servers."""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import brotli
import pytest
from flask.testing import FlaskClient

from statuspage.changes import Installation, site_change
from statuspage.components import load_page
from statuspage.publishing.environment import asset_path
from statuspage.web.files import RECHECK_SECONDS, Answer, PublishedFiles, candidates, choose_encoding
from statuspage.web.front import doors_of

PAGE = b"<!doctype html><title>All well</title>" + b"<p>operational</p>" * 200


@pytest.fixture
def publish(installation: Installation) -> Callable[[str, bytes], None]:
    """A function that puts a file with its precompressed siblings into the public folder, as the publisher does."""

    def put(name: str, content: bytes) -> None:
        path = installation.settings.public_folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for suffix, body in ((".gz", gzip.compress(content)), (".br", brotli.compress(content)), ("", content)):
            fresh = path.with_name(f".{path.name}{suffix}.new")
            fresh.write_bytes(body)
            os.replace(fresh, path.with_name(path.name + suffix))

    return put


@pytest.fixture
def files(installation: Installation, publish: Callable[[str, bytes], None]) -> PublishedFiles:
    publish("index.html", PAGE)
    publish("history.html", PAGE + b"<p>history</p>")
    publish("history/2026-10.html", PAGE + b"<p>October</p>")
    publish("404.html", b"<h1>Nothing here</h1>")
    publish("api/v2/summary.json", b'{"page": {}}')
    publish("feed.json", b'{"items": []}')
    publish("embed.html", PAGE)
    publish("static/style.0123456789.css", b"p{}" * 300)
    return PublishedFiles(installation.settings.public_folder)


def header(answer: Answer, name: str) -> str | None:
    return next((value for key, value in answer.headers if key == name), None)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0, *", "gzip"),
        ("gzip;q=0.5, identity", "identity"),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("*;q=0", "identity"),
        ("x-gzip", "gzip"),
        ("zstd, nonsense;;q=x", "identity"),
    ],
)
def test_encoding_is_negotiated(accept: str, chosen: str) -> None:
    assert choose_encoding(accept, ("identity", "br", "gzip")) == chosen


@pytest.mark.parametrize(
    "path",
    ["/../secret_key", "/a/../../x", "/.published", "/.git/config", "/a//b", "/x\0", "/..\\x", "/index.html.gz", "x"],
)
def test_path_cannot_leave_folder(path: str) -> None:
    assert candidates(path) == ()


def test_wellknown_folder_is_public() -> None:
    assert candidates("/.well-known/security.txt")[0] == ".well-known/security.txt"


def test_page_is_found_without_suffix(files: PublishedFiles) -> None:
    for path, word in (("/", b"All well"), ("/history", b"history"), ("/history/2026-10", b"October")):
        answer = files.answer(path, "", None)
        assert answer is not None
        assert answer.status == 200
        assert word in answer.body


def test_each_encoding_has_its_tag(files: PublishedFiles) -> None:
    answers = [files.answer("/", accept, None) for accept in ("", "gzip", "br")]
    tags = {header(answer, "etag") for answer in answers if answer}
    assert len(tags) == 3
    plain, zipped, broth = answers
    assert plain
    assert zipped
    assert broth
    assert gzip.decompress(zipped.body) == brotli.decompress(broth.body) == plain.body == PAGE
    assert all(header(answer, "vary") == "accept-encoding" for answer in (plain, zipped, broth))


def test_known_tag_gets_304(files: PublishedFiles) -> None:
    answer = files.answer("/", "gzip", None)
    assert answer
    tag = header(answer, "etag")
    for condition in (f"{tag}", f'W/{tag}, "other"', "*"):
        again = files.answer("/", "gzip", condition)
        assert again
        assert again.status == 304
        assert again.body == b""
        for name in ("etag", "cache-control", "vary", "content-security-policy"):
            assert header(again, name) == header(answer, name)
        assert header(again, "content-length") is None
    other = files.answer("/", "br", f"{tag}")
    assert other
    assert other.status == 200


def test_new_asset_comes_before_publication(client: FlaskClient) -> None:
    with client.get(asset_path("style.css")) as answer:
        assert answer.status_code == 200
        assert answer.mimetype == "text/css"
    assert client.get("/static/style.0123456789.css").status_code == 404


def test_caches_may_serve_stale(files: PublishedFiles) -> None:
    page, asset = files.answer("/", "", None), files.answer("/static/style.0123456789.css", "", None)
    assert page
    assert asset
    assert header(page, "cache-control") == (
        "public, max-age=15, stale-while-revalidate=86400, stale-if-error=604800"
    )
    assert header(asset, "cache-control") == "public, max-age=31536000, immutable"


def test_other_sites_may_read_data(files: PublishedFiles) -> None:
    data, feed, page = (files.answer(path, "", None) for path in ("/api/v2/summary.json", "/feed.json", "/"))
    assert data
    assert feed
    assert page
    assert header(data, "access-control-allow-origin") == "*"
    assert header(feed, "access-control-allow-origin") == "*"
    assert header(feed, "content-type") == "application/feed+json; charset=utf-8"
    assert header(page, "access-control-allow-origin") is None


def test_only_embed_may_be_framed(files: PublishedFiles) -> None:
    page, embed = files.answer("/", "", None), files.answer("/embed", "", None)
    assert page
    assert embed
    assert "frame-ancestors 'none'" in (header(page, "content-security-policy") or "")
    assert header(page, "x-frame-options") == "DENY"
    assert "frame-ancestors *" in (header(embed, "content-security-policy") or "")
    assert header(embed, "x-frame-options") is None


def test_slash_at_end_redirects(files: PublishedFiles) -> None:
    answer = files.answer("/history/", "", None)
    assert answer
    assert (answer.status, header(answer, "location")) == (308, "/history")
    assert files.answer("//evil.example/", "", None) is None


def test_new_bytes_are_served_soon(files: PublishedFiles, publish: Callable[[str, bytes], None]) -> None:
    first = files.answer("/", "gzip", None)
    publish("index.html", PAGE + b"<p>incident</p>")
    deadline = time.monotonic() + 1.0
    while (answer := files.answer("/", "gzip", None)) == first and time.monotonic() < deadline:
        time.sleep(0.02)
    assert answer
    assert b"incident" in gzip.decompress(answer.body)


def test_removed_file_is_gone(files: PublishedFiles, installation: Installation) -> None:
    assert files.answer("/embed", "", None)
    (installation.settings.public_folder / "embed.html").unlink()
    time.sleep(RECHECK_SECONDS + 0.05)
    assert files.answer("/embed", "", None) is None


def test_half_replaced_siblings_are_not_served(files: PublishedFiles, installation: Installation) -> None:
    page = installation.settings.public_folder / "index.html"
    page.with_name("index.html.gz").write_bytes(gzip.compress(b"another state"))
    answer = files.answer("/", "gzip", None)
    assert answer
    assert answer.body == PAGE
    page.with_name("index.html.gz").write_bytes(gzip.compress(PAGE))
    time.sleep(RECHECK_SECONDS + 0.05)
    settled = files.answer("/", "gzip", None)
    assert settled
    assert header(settled, "content-encoding") == "gzip"


def test_flask_serves_the_same(files: PublishedFiles, client: FlaskClient) -> None:
    direct = files.answer("/history", "br", None)
    assert direct
    response = client.get("/history?utm=x", headers={"Accept-Encoding": "br"})
    assert response.data == direct.body
    for name, value in direct.headers:
        assert response.headers[name] == value
    assert "Set-Cookie" not in response.headers
    head = client.head("/history", headers={"Accept-Encoding": "br"})
    assert (head.data, head.headers["Content-Length"]) == (b"", str(len(direct.body)))
    unchanged = client.get("/history", headers={"Accept-Encoding": "br", "If-None-Match": direct.etag})
    assert (unchanged.status_code, unchanged.data) == (304, b"")


def test_unknown_path_gets_published_404(files: PublishedFiles, client: FlaskClient) -> None:
    response = client.get("/no/such/page")
    assert response.status_code == 404
    assert b"Nothing here" in response.data
    assert client.get("/api/v2/nope.json").mimetype == "application/problem+json"


def test_public_page_refuses_other_methods(files: PublishedFiles, client: FlaskClient) -> None:
    assert client.post("/").status_code == 405


def test_doors_are_known_by_first_word(client: FlaskClient) -> None:
    is_door = doors_of(client.application)
    for path in ("/admin/", "/api/v1/incidents", "/healthz", "/static/style.css", "/subscribe", "/nl/subscribe"):
        assert is_door(path), path
    for path in ("/", "/history", "/nl/history", "/nl", "/nothing/here"):
        assert not is_door(path), path


def test_oversized_body_is_refused(client: FlaskClient) -> None:
    response = client.post("/api/v1/incidents", data=b"x" * (1024 * 1024 + 1), content_type="application/json")
    assert response.status_code in (401, 413)


def test_memory_stays_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("statuspage.web.files.MEMORY_LIMIT", 50_000)
    for number in range(20):
        (tmp_path / f"{number}.html").write_bytes(b"x" * 8_000)
    files = PublishedFiles(tmp_path)
    for number in range(20):
        assert files.answer(f"/{number}", "", None)
    assert sum(entry.size for entry in files._entries.values()) <= 50_000


def test_missing_page_speaks_its_language(client: FlaskClient, installation: Installation) -> None:
    with site_change(installation, datetime.now(UTC), author="test") as change:
        page = load_page(change.session)
        page.languages, page.relaid_in = ["en", "nl"], page.revision + 1
    for path, language in (("/nl/nope", "nl"), ("/de/nope", "en"), ("/nope", "en")):
        answer = client.get(path)
        assert answer.status_code == 404
        assert f'<html lang="{language}">' in answer.text
