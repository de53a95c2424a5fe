#!/usr/bin/env bash
# Builds .venv with exactly the versions of the two locks; needs python3 (3.11 or newer) with venv.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "ngatu needs Python 3.11 or newer, found $("$python" --version 2>&1). Set PYTHON=/path/to/python3.11 and run again." >&2
  exit 2
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  NGATU_SYSTEM_PACKAGES=python3-venv tools/install_system.sh
fi
packages=$(cat requirements.lock requirements-dev.lock | grep -c '^[A-Za-z0-9].*==')
echo "Installing $packages Python packages from the two locks into .venv, about 2 GB; this takes some minutes."
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --progress-bar off -r requirements.lock -r requirements-dev.lock
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
touch .venv/.ready
