#!/usr/bin/env bash
# Writes into dist/audit/: bill of materials, licences, known vulnerabilities of what requirements.lock installs.
# An environment of its own holds the metadata of exactly these packages; the tools live in another one.
# Exit 0 all was asked about and nothing is vulnerable, 1 something is, 3 not all could be asked about.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python
mkdir -p dist/audit
rm -rf .venv-audit/running
"$python" -m venv --without-pip .venv-audit/running
PYTHONPATH=. "$python" -m tools.audited_environment .venv-audit/running
[ -x .venv-audit/tools/bin/pip ] || "$python" -m venv .venv-audit/tools
.venv-audit/tools/bin/python -m pip --quiet --disable-pip-version-check install \
  cyclonedx-bom==7.5.0 pip-audit==2.10.1 pip-licenses==5.5.5 || {
  echo "NOTHING was checked: the audit's tools could not be installed." >&2
  exit 3
}
tools=.venv-audit/tools/bin
"$tools/cyclonedx-py" environment .venv-audit/running/bin/python --pyproject pyproject.toml --output-reproducible \
  --output-format JSON --output-file dist/audit/sbom.cdx.json
"$tools/pip-licenses" --python .venv-audit/running/bin/python --format=markdown --with-urls --output-file dist/audit/licences.md >/dev/null
"$tools/pip-licenses" --python .venv-audit/running/bin/python --format=json --with-urls --output-file dist/audit/licences.json >/dev/null
rm -f dist/audit/vulnerabilities.json
said=$(mktemp)
trap 'rm -f "$said"' EXIT
timeout 120 "$tools/pip-audit" --path "$(echo .venv-audit/running/lib/python3*/site-packages)" --progress-spinner off --format json \
  --output dist/audit/vulnerabilities.json >"$said" 2>&1 || true
echo "Written to dist/audit: sbom.cdx.json, licences.md, licences.json"
if [ ! -s dist/audit/vulnerabilities.json ]; then
  rm -f dist/audit/vulnerabilities.json
  echo "Vulnerabilities were NOT checked: no service answered ($(tail -n 1 "$said" | cut -c 1-160))." >&2
  exit 3
fi
PYTHONPATH=. "$python" -m tools.advisories dist/audit/vulnerabilities.json
PYTHONPATH=. "$python" -m tools.audited_packages dist/audit/vulnerabilities.json
