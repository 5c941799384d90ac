#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Puts a container of this release in the place of the one before.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. ./release.env

# A small service: a quick start matters more than peak speed.
java_options="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx192m"

docker rm --force example-app >/dev/null 2>&1 || true  # none there is as good
docker run --detach --name example-app --restart unless-stopped \
  --publish 8080:8080 \
  --env IMAGE_DIGEST="$IMAGE_DIGEST" \
  --env JAVA_TOOL_OPTIONS="$java_options" \
  "$IMAGE" >/dev/null
echo "application_start: example-app $VERSION runs $IMAGE"
