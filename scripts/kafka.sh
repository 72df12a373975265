#!/usr/bin/env bash
# Sees to it that a Kafka can be run here; installs Java and Maven where that is what it takes.
set -euo pipefail
cd "$(dirname "$0")/.."

.venv/bin/python scripts/kafka.py || {
  # By number first: the default Java of some releases still in use is older.
  scripts/apt.sh 'openjdk-17-jre-headless|default-jre-headless' maven
  .venv/bin/python scripts/kafka.py
}
