#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Signs requests with botocore, as a second opinion on our own signer.

Reads one JSON object per line from the file argv[1] and prints one per line: canonical request,
string to sign and signature, of a header signature or, with "expires", of a presigned url. Exit
code 3: there is no botocore here.
"""
import hashlib
import json
import sys

try:
    try:
        import botocore.auth
    except ImportError:
        import awscli  # noqa: F401  version 2 brings a botocore of its own and puts it in place
        import botocore.session  # noqa: F401
    from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    sys.exit(3)


def request_of(wanted, body):
    request = AWSRequest(method=wanted["method"], url=wanted["url"], data=body)
    for name, value in wanted["headers"]:
        request.headers.add_header(name, value)
    request.context["timestamp"] = wanted["timestamp"]
    return request


def steps_of(auth, request):
    canonical = auth.canonical_request(request)
    to_sign = auth.string_to_sign(request, canonical)
    return {
        "canonical_request": canonical,
        "string_to_sign": to_sign,
        "signature": auth.signature(to_sign, request),
    }


def signed(wanted):
    credentials = Credentials(wanted["access_key"], wanted["secret_key"])
    signer = S3SigV4Auth if wanted["service"] == "s3" else SigV4Auth
    auth = signer(credentials, wanted["service"], wanted["region"])
    body = wanted["body"].encode()
    request = request_of(wanted, body)
    if wanted["service"] == "s3":
        digest = wanted["payload_hash"] or hashlib.sha256(body).hexdigest()
        request.headers.add_header("X-Amz-Content-SHA256", digest)
    return steps_of(auth, request)


def presigned(wanted):
    credentials = Credentials(wanted["access_key"], wanted["secret_key"], wanted["token"] or None)
    signer = S3SigV4QueryAuth if wanted["service"] == "s3" else SigV4QueryAuth
    auth = signer(credentials, wanted["service"], wanted["region"], expires=wanted["expires"])
    request = request_of(wanted, b"")
    auth._modify_request_before_signing(request)  # add_auth() would take the clock's time
    return steps_of(auth, request)


with open(sys.argv[1], encoding="utf-8") as lines:
    for line in lines:
        sample = json.loads(line)
        print(json.dumps(presigned(sample) if "expires" in sample else signed(sample)))
