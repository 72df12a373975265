#!/usr/bin/env bash
# Sees to it that the tests of alerts and of the Grafana dashboard find prometheus and promtool;
# outside CI they skip without.
set -euo pipefail
cd "$(dirname "$0")/.."

# One package of Debian has both.
if ! { command -v prometheus && command -v promtool; } >/dev/null && ! scripts/apt.sh prometheus; then
  echo "install: without prometheus and promtool the tests of alerts are skipped" >&2
  [ -z "${CI:-}" ]
fi
