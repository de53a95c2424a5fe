#!/usr/bin/env bash
# Measures what the CPU image would hold, without a container engine: its files are laid out in a folder and counted.
#   Python packages: the Dockerfile's own commands in a clean environment (stage "packages").
#   Debian packages: what bookworm-slim and the Dockerfile's apt-get line bring, downloaded and unpacked, manuals left
#   out as bookworm-slim leaves them out. Debian's Python 3.11 stands in for the one that the base image compiles.
# Needs Debian 12, apt sources that answer, Python 3.11. Prints one line per part, in MB of 10^6 bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3.11}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
megabytes() { du --apparent-size --summarize --bytes "$1" | awk '{printf "%.0f", $1 / 1e6}'; }

"$python" -m venv "$place/opt"
flags=$(sed -n 's|^RUN /opt/ngatu/bin/pip install \(.*-r requirements.lock\)$|\1|p' Dockerfile)
# shellcheck disable=SC2086 # the flags of the Dockerfile's own line
"$place/opt/bin/python" -m pip install --quiet --disable-pip-version-check $flags
"$place/opt/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps .
deploy/slim_packages.sh "$(echo "$place"/opt/lib/python3*/site-packages)"
"$place/opt/bin/python" -m pip uninstall --quiet --yes pip

ours=$(sed -n '/^FROM python:.* AS base/,/rm -rf/p' Dockerfile | grep -oE '\b(lib|fonts-)[a-z0-9.+-]+' | sort -u)
slim=$(apt-cache dumpavail | awk '/^Package:/ {name = $2} /^Essential: yes|^Priority: required/ {print name}' | sort -u)
base="apt ca-certificates netbase tzdata libbz2-1.0 libffi8 liblzma5 libncursesw6 libreadline8 libsqlite3-0 libssl3 libuuid1 zlib1g"
: >"$place/nothing-installed"
closure() { # every package that these need on a system that has none
  apt-get -s -qq -o Dir::State::status="$place/nothing-installed" install --no-install-recommends "$@" |
    awk '$1 == "Inst" {print $2}' | sort -u
}
unpack() { # folder, packages
  local root=$1
  shift
  mkdir -p "$root" "$place/debs"
  (cd "$place/debs" && rm -f ./*.deb && apt-get -qq download "$@")
  for deb in "$place"/debs/*.deb; do dpkg-deb --extract "$deb" "$root"; done
  find "$root/usr/share/doc" -type f ! -name copyright -delete 2>/dev/null || true
  rm -rf "$root"/usr/share/{man,info,locale,lintian,groff}
}
# shellcheck disable=SC2086 # lists of package names
{
  closure $slim $base python3.11 >"$place/base-list"
  closure $slim $base python3.11 $ours >"$place/all-list"
}
comm -13 "$place/base-list" "$place/all-list" >"$place/our-list"
mapfile -t base_packages <"$place/base-list"
mapfile -t our_packages <"$place/our-list"
unpack "$place/base" "${base_packages[@]}"
unpack "$place/ours" "${our_packages[@]}"

packages=$(megabytes "$place/opt") debian=$(megabytes "$place/base") libraries=$(megabytes "$place/ours")
echo "Python packages and the project: $packages MB"
echo "Base system with Python 3.11:    $debian MB (${#base_packages[@]} packages)"
echo "Libraries and fonts on top:      $libraries MB (${#our_packages[@]} packages)"
echo "Image, unpacked:                 $((packages + debian + libraries)) MB"
for part in opt base ours; do tar -C "$place" -c "$part"; done | gzip -6 | wc -c | awk '{printf "Layers as sent (gzip):           %.0f MB\n", $1 / 1e6}'
du --apparent-size --bytes --max-depth=1 "$place"/opt/lib/python3*/site-packages | sort -rn | sed -n '2,9p' |
  awk '{name = $2; sub(/.*\//, "", name); printf "  %4.0f MB  %s\n", $1 / 1e6, name}'
