#!/usr/bin/env bash
# Installs Debian packages: `apt.sh maven 'openjdk-17-jre-headless|default-jre-headless'` takes the
# first known of each group. Where it cannot (not root, no apt-get) it says what to install; exit 1.
set -euo pipefail

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "install: please install ${*//|/ or } (names as in Debian), then run this again" >&2
  exit 1
fi

known() { apt-cache show "$1" >/dev/null 2>&1; }

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
packages=()
for group in "$@"; do
  IFS='|' read -ra names <<<"$group"
  chosen=${names[0]}
  for name in "${names[@]}"; do
    if known "$name"; then
      chosen=$name
      break
    fi
  done
  packages+=("$chosen")
done
echo "install: apt-get install ${packages[*]} ..."
apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
