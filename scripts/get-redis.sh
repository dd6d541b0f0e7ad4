#!/usr/bin/env bash
# Gets the Redis server that tests of the token stream across machines need, from Debian's or Ubuntu's packages. Does nothing when
# there is one.
set -euo pipefail
if command -v redis-server >/dev/null; then exit 0; fi
if ! command -v apt-get >/dev/null; then
  echo 'No redis-server, and no apt-get to get it with: install Redis 5 or later, then run this again.' >&2
  exit 1
fi
if [ "$(id -u)" != 0 ]; then
  echo 'No redis-server. Get it by: sudo apt-get install redis-server' >&2
  exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server >/dev/null
