#!/usr/bin/env bash
# Makes .venv-statistics: every package of requirements-statistics.lock, checked by hash, and of the
# repository the library and the statistics. They do not fit into .venv (docs/adr/0058-*.md).
set -euo pipefail
cd "$(dirname "$0")/.."

VENV=.venv-statistics
STAMP=$VENV/installed.sha256

wanted=$(
  { pwd && cat requirements-statistics.lock scripts/statistics.sh && .venv/bin/python --version; } |
    .venv/bin/python -c 'import hashlib, sys
print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'
)
if [ -f "$STAMP" ] && [ "$(cat "$STAMP")" = "$wanted" ]; then
  exit 0
fi

echo "install: the $(grep -c '^[a-z].*==' requirements-statistics.lock) packages of requirements-statistics.lock ..."
.venv/bin/python -m venv --clear --without-pip "$VENV"
.venv/bin/uv pip install --quiet --python "$VENV/bin/python" --require-hashes -r requirements-statistics.lock
# A path file links them: their build backend is no package of this lock.
site=$("$VENV/bin/python" -c 'import site; print(site.getsitepackages()[0])')
printf '%s\n' "$PWD/runtime" "$PWD/services/statistics" >"$site/own.pth"
echo "$wanted" >"$STAMP"
echo "install: $VENV is ready"
