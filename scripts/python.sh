#!/usr/bin/env bash
# Makes .venv: every package of requirements.lock, checked by hash, and those of the repository.
set -euo pipefail
cd "$(dirname "$0")/.."

PACKAGES=(runtime services/* tools/*)
STAMP=.venv/installed.sha256

usable() { "$1" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# Prints the first Python that will do; the lock was made for 3.11.
find_python() {
  local name
  for name in python3.11 python3.12 python3.13 python3; do
    if usable "$name" && "$name" -c 'import ensurepip' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
  return 1
}

make_venv() {
  local python
  if ! python=$(find_python); then
    echo "install: Python 3.11 or newer with venv is missing" >&2
    scripts/apt.sh python3 python3-venv
    python=$(find_python) || { echo "install: the system's python3 is older than 3.11" >&2; exit 1; }
  fi
  echo "install: .venv with $("$python" --version)"
  "$python" -m venv --clear .venv
}

# What .venv was made from, and where: the packages of the repository are linked, not copied.
fingerprint() {
  pwd
  cat requirements.lock scripts/uv.lock scripts/python.sh "${PACKAGES[@]/%//pyproject.toml}"
}

usable .venv/bin/python || make_venv
wanted=$(fingerprint | .venv/bin/python -c 'import hashlib, sys
print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
if [ -f "$STAMP" ] && [ "$(cat "$STAMP")" = "$wanted" ]; then
  exit 0
fi

echo "install: the $(grep -c '^[a-z]' requirements.lock) packages of requirements.lock ..."
.venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
.venv/bin/python -m pip install --disable-pip-version-check -q --require-hashes -r scripts/uv.lock
uv=(.venv/bin/uv pip install --quiet --python .venv/bin/python)
"${uv[@]}" --require-hashes -r requirements.lock
# Their build backend is in the lock: nothing else is fetched.
"${uv[@]}" --no-deps --no-build-isolation "${PACKAGES[@]/#/--editable=}"
echo "$wanted" >"$STAMP"
echo "install: .venv is ready"
