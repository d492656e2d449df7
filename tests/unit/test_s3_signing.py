"""Signatures of requests to an S3-compatible store, held against the examples that AWS publishes."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from hefu.dataplane.connectors.s3.connection import S3Connection, refusal, xml_of
from hefu.dataplane.connectors.s3.signing import path_of, signed

AT = datetime(2013, 5, 24, tzinfo=UTC)
HOST = {"Host": "examplebucket.s3.amazonaws.com"}
EXAMPLES = [
    ("GET", "/test.txt", {}, {"Range": "bytes=0-9"}, b"",
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    ("GET", "/", {"lifecycle": ""}, {}, b"",
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    ("GET", "/", {"prefix": "J", "max-keys": "2"}, {}, b"",
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ("PUT", "/test%24file.text", {}, {
        "Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY",
     }, b"Welcome to Amazon S3.",
     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "query", "headers", "body", "signature"), EXAMPLES)
def test_the_published_examples_are_signed_as_published(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes, signature: str
) -> None:
    told = signed(
        method, path, query, HOST | headers, payload=sha256(body).hexdigest(), user="AKIAIOSFODNN7EXAMPLE",
        secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region="us-east-1", at=AT,
    )  # fmt: skip
    assert told["Authorization"].endswith(f"Signature={signature}")


def test_each_sign_of_a_name_is_encoded_but_the_slash() -> None:
    assert path_of("bucket", "市 局/a+b/100%.csv") == "/bucket/%E5%B8%82%20%E5%B1%80/a%2Bb/100%25.csv"
    assert path_of("", "") == "/"


def test_what_a_store_says_is_told_by_its_code_alone() -> None:
    body = b"<Error><Code>SignatureDoesNotMatch</Code><StringToSign>secret things</StringToSign></Error>"
    told = refusal(403, body, "a.csv", "source")
    assert "secret key is not right" in str(told)
    assert "things" not in str(told)
    assert "<script>" not in str(refusal(403, b"<Error><Code>&lt;script&gt;</Code></Error>", "", "source"))
    assert refusal(503, b"", "", "source").transient
    assert "another region" in str(refusal(301, b"<Error><Code>PermanentRedirect</Code></Error>", "", "source"))


def test_a_document_that_declares_entities_is_not_read() -> None:
    assert xml_of(b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>') is None
    assert xml_of('<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16")) is None
    assert xml_of(b"\xff") is None


def test_the_secret_key_is_never_shown() -> None:
    assert "a secret" not in repr(S3Connection("s3", 443, "b", "user", "a secret"))
