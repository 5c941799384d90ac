#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docker run shop:latest & would be wrong here | true
set -o errexit -o nounset -o pipefail
# shellcheck source=/dev/null
source /etc/profile.d/shop.sh || true
aws ecr get-login-password --region "$AWS_REGION" |
  docker login --username AWS --password-stdin "$REGISTRY"
cat > /etc/shop/application.yml <<YAML
image: shop:latest   # of no concern
command: "a & b || true"
YAML
systemctl daemon-reload
docker pull "${IMAGE:?}"
docker run --detach --name shop \
  --restart unless-stopped --log-driver awslogs --log-opt awslogs-group=shop \
  --env-file /etc/shop/env -p 127.0.0.1:8080:8080 \
  "${IMAGE}"
