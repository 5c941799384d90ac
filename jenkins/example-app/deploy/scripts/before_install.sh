#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fetches the image while the old release still serves. It is named by digest: a tag moved in the
# meantime changes nothing, and a rollback finds the very image it had before.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. ./release.env

docker pull --quiet "$IMAGE" >/dev/null
echo "before_install: pulled $IMAGE"
