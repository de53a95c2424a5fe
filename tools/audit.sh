#!/usr/bin/env bash
# Writes into dist/audit/: bill of materials, licences, known vulnerabilities of what requirements.lock installs.
# An environment of its own holds exactly these packages; the tools live in another one.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
pip=(-m pip --quiet --disable-pip-version-check)
mkdir -p dist/audit
[ -x .venv-audit/running/bin/python ] || "$python" -m venv .venv-audit/running
[ -x .venv-audit/tools/bin/python ] || "$python" -m venv .venv-audit/tools
.venv-audit/running/bin/python "${pip[@]}" install --requirement requirements.lock
.venv-audit/running/bin/python "${pip[@]}" uninstall --yes setuptools
.venv-audit/tools/bin/python "${pip[@]}" install cyclonedx-bom==7.5.0 pip-audit==2.10.1 pip-licenses==5.5.5
tools=.venv-audit/tools/bin
"$tools/cyclonedx-py" environment .venv-audit/running/bin/python --pyproject pyproject.toml --output-reproducible \
  --output-format JSON --output-file dist/audit/sbom.cdx.json
"$tools/pip-licenses" --python .venv-audit/running/bin/python --format=markdown --with-urls --output-file dist/audit/licences.md >/dev/null
"$tools/pip-licenses" --python .venv-audit/running/bin/python --format=json --with-urls --output-file dist/audit/licences.json >/dev/null
rm -f dist/audit/vulnerabilities.json
said=$(mktemp)
trap 'rm -f "$said"' EXIT
"$tools/pip-audit" --path "$(echo .venv-audit/running/lib/python3*/site-packages)" --format json \
  --output dist/audit/vulnerabilities.json >"$said" 2>&1 || true
echo "Written to dist/audit: sbom.cdx.json, licences.md, licences.json"
if [ ! -s dist/audit/vulnerabilities.json ]; then
  rm -f dist/audit/vulnerabilities.json
  echo "Vulnerabilities were NOT checked: no service answered ($(tail -n 1 "$said" | cut -c 1-160))." >&2
  exit 3
fi
python3 tools/audited_packages.py dist/audit/vulnerabilities.json
