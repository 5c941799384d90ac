#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
set -Eeuo pipefail
trap 'echo "failed in line $LINENO" >&2' ERR
log() { printf '%s %s\n' "$(date -Is)" "$*"; }
readonly name=shop
if [[ -n "$(docker ps --quiet --filter "name=^${name}$")" ]]; then
  log "stopping ${name}" && docker stop --time 30 "$name" >/dev/null
fi
for i in {1..30}; do
  if curl -fsS "http://localhost:8080/actuator/health?a=1&b=2" | grep -q UP; then
    log "up after $((i * 2)) s"
    exit 0
  fi
  sleep 2
done
log "not up"; exit 1
