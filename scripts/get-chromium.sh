#!/usr/bin/env bash
# Gets the browser that the ring "browser" needs, from Debian's or Ubuntu's packages. Does nothing when there is one.
set -euo pipefail
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name" >/dev/null; then exit 0; fi
done
if ! command -v apt-get >/dev/null; then
  echo 'No Chromium, and no apt-get to get it with: install Chromium or Chrome, then run this again.' >&2
  exit 1
fi
if [ "$(id -u)" != 0 ]; then
  echo 'No Chromium. Get it by: sudo apt-get install chromium' >&2
  exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
