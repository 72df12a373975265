#!/usr/bin/env bash
# Sees to it that the tests of the dashboard find their Chromium; outside CI they skip without one.
set -euo pipefail
cd "$(dirname "$0")/.."

# Where Debian puts it and the tests look for it.
if [ ! -x /usr/bin/chromium ] && ! scripts/apt.sh chromium; then
  echo "install: without /usr/bin/chromium the tests of the dashboard are skipped" >&2
  [ -z "${CI:-}" ]
fi
