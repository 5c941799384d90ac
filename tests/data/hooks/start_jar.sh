#!/bin/sh -e
# SPDX-License-Identifier: Apache-2.0
case "$DEPLOYMENT_GROUP_NAME" in
  prod|production) profile=prod ;;
  *) profile='test' ;;
esac
id shop >/dev/null 2>&1 || useradd --system shop
install -d -o shop -m 0750 /opt/shop
nohup java -jar /opt/shop/app.jar --spring.profiles.active="$profile" \
  > /var/log/shop.log 2>&1 < /dev/null &
echo "started $!"
