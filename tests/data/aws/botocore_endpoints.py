#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Resolves endpoints with botocore's rules, as a second opinion on our own table.

Prints one JSON object per line: service, region, fips, dual_stack, bucket and the url, which is
empty where the rules have none. Rows that this botocore is too old to know are left out: regions
without a partition, variants that its partitions lack, limits that were lifted. Exit code 3: no botocore with rules here.
"""
import itertools
import json
import sys

try:
    try:
        import botocore
    except ImportError:
        import awscli  # noqa: F401  version 2 brings a botocore of its own and puts it in place
        import botocore.session  # noqa: F401
    from botocore.endpoint_provider import EndpointProvider
    from botocore.exceptions import EndpointProviderError
    from botocore.loaders import Loader
except ImportError:
    sys.exit(3)

SERVICES = ["s3", "codedeploy", "elbv2", "autoscaling", "sts", "ecr"]
BUCKETS = ["acme-bundles", "acme.bundles", "Acme_Bundles", "acme-bundles-2026"]

loader = Loader()
partitions = loader.load_data("partitions")
suffixes = {each["id"]: each["outputs"] for each in partitions["partitions"]}
known = [
    (each["partition"], region)
    for each in loader.load_data("endpoints")["partitions"]
    for region in each["regions"]
    if each["partition"] in suffixes
]
version = tuple(int(part) for part in botocore.__version__.split(".")[:2])


def is_too_old(service, partition, fips, dual_stack):
    """ECR got dual-stack addresses in 2025, of another form than the rules before had guessed; and
    since then the rules name a second FIPS address for it beside the one that is documented."""
    if service == "ecr" and (dual_stack if version < (1, 36) else fips and not dual_stack):
        return True
    outputs = suffixes[partition]
    # The isolated partitions got dual stack later than these rules.
    return service != "s3" and dual_stack and not outputs["supportsDualStack"]


def rows():
    for service in SERVICES:
        provider = EndpointProvider(
            loader.load_service_model(service, "endpoint-rule-set-1"), partitions
        )
        parameters = {}
        if service in ("s3", "sts"):
            parameters["UseGlobalEndpoint"] = False
        if service == "s3":
            parameters.update(
                ForcePathStyle=False, Accelerate=False, DisableMultiRegionAccessPoints=False
            )
        buckets = ["", *BUCKETS] if service == "s3" else [""]
        for (partition, region), fips, dual_stack, bucket in itertools.product(
            known, (False, True), (False, True), buckets
        ):
            if is_too_old(service, partition, fips, dual_stack):
                continue
            given = dict(parameters, Region=region, UseFIPS=fips, UseDualStack=dual_stack)
            if bucket:
                given["Bucket"] = bucket
            try:
                url = provider.resolve_endpoint(**given).url
            except EndpointProviderError as error:
                if "Path-style addressing cannot be used with FIPS" in str(error):
                    continue  # lifted since
                url = ""
            yield {
                "service": service,
                "region": region,
                "fips": fips,
                "dual_stack": dual_stack,
                "bucket": bucket,
                "url": url,
            }


for row in rows():
    print(json.dumps(row))
