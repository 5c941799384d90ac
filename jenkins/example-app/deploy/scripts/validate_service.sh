#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Waits until the application says it is up and that it is this release's commit. Checked from
# outside the container: the image need not have a shell.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. ./release.env

readonly url="http://${INSTANCE_IP:-localhost}:${APP_PORT:-8080}"
readonly deadline=60  # seconds

give_up() {
  echo "last lines of the container:" >&2
  docker logs --tail 10 example-app >&2 || true
  echo "validate_service: $1" >&2
  exit 1
}

health="no answer"
while ((SECONDS < deadline)); do
  # A container that died is started again by its restart policy; that alone is a failure here.
  state=$(docker inspect --format '{{.State.Status}} {{.RestartCount}}' example-app)
  [[ "$state" == "running 0" ]] || give_up "the container died (state and restarts: $state)"

  health=$(curl --silent --show-error --max-time 5 --write-out ' %{http_code}' \
    "$url/actuator/health" 2>&1) || true
  if [[ "$health" == *'"status":"UP"'*' 200' ]]; then
    info=$(curl --silent --show-error --fail --max-time 5 "$url/actuator/info")
    [[ "$info" == *"$COMMIT"* ]] || give_up "another release answers at $url: $info"
    echo "validate_service: $VERSION is up at $url after $SECONDS s"
    exit 0
  fi
  sleep 1
done
give_up "not healthy within $deadline s: $health"
