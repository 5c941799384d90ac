#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Stops the container of the last release, if this host has one. It gets 25 seconds: five more than
# the application takes at most to answer the requests in flight.
set -euo pipefail

if docker inspect example-app >/dev/null 2>&1; then
  docker stop --time 25 example-app >/dev/null
  echo "application_stop: example-app stopped"
else
  echo "application_stop: no example-app here"
fi
