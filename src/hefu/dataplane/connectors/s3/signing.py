"""Signature version 4 of requests to an S3-compatible store.

Source: AWS, "Signature Version 4 signing process"; its published example requests are in the tests.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

#: What stores that know no regions expect to hear.
REGION = "us-east-1"
#: How a store's region is written.
REGION_FORM = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def signed(
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    *,
    payload: str,
    user: str,
    secret: str,
    region: str,
    at: datetime,
) -> dict[str, str]:
    """Return the headers of a request with its signature among them.

    Args:
        method: Such as GET.
        path: Percent-encoded as it is sent.
        query: Names and values, not encoded.
        headers: What is signed besides the time and the payload's digest; Host has to be among them.
        payload: SHA-256 of the body in hexadecimal.
        user: Access key.
        secret: Secret key.
        region: Of the store.
        at: The current instant, in UTC.
    """
    stamp = f"{at:%Y%m%dT%H%M%SZ}"
    told = {**headers, "x-amz-content-sha256": payload, "x-amz-date": stamp}
    plain = sorted((name.lower(), " ".join(value.split())) for name, value in told.items())
    names = ";".join(name for name, _ in plain)
    lines = "".join(f"{name}:{value}\n" for name, value in plain)
    asked = f"{method}\n{path}\n{query_of(query)}\n{lines}\n{names}\n{payload}"
    scope = f"{at:%Y%m%d}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    told["Authorization"] = f"AWS4-HMAC-SHA256 Credential={user}/{scope},SignedHeaders={names},Signature={signature}"
    return told


def query_of(query: Mapping[str, str]) -> str:
    """Return a query in the one order and encoding that is signed."""
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


def path_of(*parts: str) -> str:
    """Return a path of parts, percent-encoded but for the slashes within them."""
    return "/" + "/".join(quote(part, safe="-_.~/") for part in parts if part)
