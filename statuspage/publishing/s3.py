"""An S3-compatible bucket as a copy of the published folder (any service that speaks S3: `endpoint`).

Objects carry the types and lifetimes of the published files. A page is stored under its path and under PATH.html,
because a bucket tries no suffixes; keys, credentials and region come from where boto3 looks for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from statuspage.publishing.marker import MARKER
from statuspage.publishing.serving import cache_control_of, content_type_of

UPLOADS = 8
"""Objects under way at once."""
CLIENT = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"max_attempts": 3, "mode": "standard"},
    max_pool_connections=UPLOADS,
    request_checksum_calculation="when_required",  # what speaks S3 elsewhere often knows no newer checksums
)
DELETE_AT_ONCE = 1000


class BucketTarget:
    """One bucket, or what lies below one prefix of it: `s3://bucket/prefix?endpoint=https://…&region=…`."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.bucket = parts.netloc
        self.prefix = f"{parts.path.strip('/')}/" if parts.path.strip("/") else ""
        self._client: Any = boto3.client(
            "s3", endpoint_url=query.get("endpoint"), region_name=query.get("region"), config=CLIENT
        )

    @property
    def name(self) -> str:
        """s3://bucket/prefix."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def read_marker(self) -> bytes | None:
        """The marker object's bytes."""
        try:
            content: bytes = self._client.get_object(Bucket=self.bucket, Key=self.prefix + MARKER)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise
        return content

    def paths(self) -> Iterator[str]:
        """All keys below the prefix that are not the second name of a page."""
        keys = set(self._keys())
        yield from sorted(key for key in keys if f"{key}.html" not in keys)

    def put(self, files: Mapping[str, bytes]) -> None:
        """Upload these, several at a time; raises the first error once all are done."""
        with ThreadPoolExecutor(UPLOADS) as threads:
            list(threads.map(self._upload, files.items()))

    def remove(self, paths: Iterable[str]) -> None:
        """Delete these objects and their second names."""
        keys = [self.prefix + key for path in paths for key in _keys_of(path)]
        for start in range(0, len(keys), DELETE_AT_ONCE):
            objects = [{"Key": key} for key in keys[start : start + DELETE_AT_ONCE]]
            answer = self._client.delete_objects(Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True})
            if answer.get("Errors"):
                first = answer["Errors"][0]
                raise OSError(f"{first.get('Key')} was not deleted: {first.get('Message')}")

    def _upload(self, file: tuple[str, bytes]) -> None:
        path, content = file
        for key in _keys_of(path):
            self._client.put_object(
                Bucket=self.bucket,
                Key=self.prefix + key,
                Body=content,
                ContentType=content_type_of(path),
                CacheControl="no-store" if path == MARKER else cache_control_of(f"/{path}"),
            )

    def _keys(self) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        for page in pages:
            for entry in page.get("Contents", ()):
                yield entry["Key"].removeprefix(self.prefix)


def _keys_of(path: str) -> tuple[str, ...]:
    """The names under which a file is stored: a page also without its suffix, as links spell it."""
    if path.endswith(".html") and not path.endswith("index.html"):
        return (path, path.removesuffix(".html"))
    return (path,)
