#!/usr/bin/env bash
# Looks at a built image: `imagecheck.sh BUILDER IMAGE [SERVICE]`. Exits with 1 if it is not what it
# promises: to run all services, or the one that it is for.
set -euo pipefail
builder=$1 image=$2 alone=${3:-}

# The packages that Python runs of those services: beside the folders of their names.
cd "$(dirname "$0")/.."
modules=()
for folder in services/*/; do
  name=$(basename "$folder")
  if [ -n "$alone" ]; then [ "$name" = "$alone" ] || continue; fi
  if [ -z "$alone" ] && [ -e "requirements-$name.lock" ]; then continue; fi
  for package in "$folder"*/__init__.py; do modules+=("$(basename "$(dirname "$package")")"); done
done

# What runs inside: as whom, and what is there that should not be.
read -r -d '' INSIDE <<'EOF' || true
import importlib.util, os, shutil, subprocess, sys
faults = []
if os.getuid() == 0: faults.append("it runs as root")
if importlib.util.find_spec("pip") or shutil.which("pip"): faults.append("pip is in it")
for tool in ("gcc", "cc", "make", "uv"):
    if shutil.which(tool): faults.append(f"{tool} is in it")
for name in sys.argv[1:]:
    end = subprocess.run([sys.executable, "-m", name], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True)
    if end.returncode != 2 or "KAFKA_BOOTSTRAP_SERVERS" not in end.stderr:
        faults.append(f"{name} does not start as far as its settings: {end.returncode} {end.stderr[-300:]}")
print("\n".join(faults))
EOF

if [ "$builder" = buildah ]; then
  container=$(buildah from --pull-never "$image")
  trap 'buildah rm "$container" >/dev/null' EXIT
  read -ra more <<<"${RUN_OPTIONS:-}"
  faults=$(buildah run "${more[@]}" "$container" -- python -c "$INSIDE" "${modules[@]}")
  size=$(buildah images --format '{{.Size}}' "$image")
else
  faults=$("$builder" run --rm --read-only --tmpfs /tmp --cap-drop ALL --entrypoint python "$image" -c "$INSIDE" "${modules[@]}")
  size=$("$builder" image inspect --format '{{.Size}}' "$image" | awk '{printf "%d MB", $1 / 1000000}')
fi

if [ -n "$faults" ]; then
  echo "images: $image is not as it should be:" >&2
  echo "$faults" >&2
  exit 1
fi
echo "images: $image is $size; no installer, no compiler, user 10001; every service starts"
