#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Says where botocore takes its keys from, as a second opinion on our own order of places.

Reads one JSON object per line from the file argv[1] (environment, config, credentials, profile) and
prints one line per object: botocore's name of the place, "none", or "error". Exit code 3: there is no
botocore here.
"""
import json
import os
import sys
import tempfile

try:
    import botocore.session
except ImportError:
    sys.exit(3)


def place(case, folder):
    os.environ.clear()
    os.environ.update(case["environment"])
    for name, variable in (
        ("config", "AWS_CONFIG_FILE"),
        ("credentials", "AWS_SHARED_CREDENTIALS_FILE"),
    ):
        path = os.path.join(folder, name)
        with open(path, "w") as file:
            file.write(case[name])
        os.environ[variable] = path
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    session = botocore.session.Session(profile=case["profile"] or None)
    try:
        credentials = session.get_credentials()
    except Exception:
        return "error"
    return credentials.method if credentials else "none"


with tempfile.TemporaryDirectory() as scratch, open(sys.argv[1]) as cases:
    for line in cases:
        print(place(json.loads(line), scratch))
