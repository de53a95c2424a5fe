#!/usr/bin/env bash
# Installs from Debian or Ubuntu what pip cannot bring: an RTSP server, OpenGL without a screen, a browser,
# PostgreSQL, an MQTT broker, Pango for printed papers. As root or through sudo; otherwise says the exact line to run.
# Set NGATU_SYSTEM_PACKAGES to narrow it.
set -euo pipefail
default="python3-venv libgl1 libegl1 libglib2.0-0 libgl1-mesa-dri libopengl0 python3-gi gir1.2-gstreamer-1.0 gir1.2-gst-rtsp-server-1.0 \
gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav \
chromium fonts-dejavu-core fonts-noto-core libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 postgresql mosquitto binutils"
packages=${NGATU_SYSTEM_PACKAGES:-$default}
missing=()
for package in $packages; do
  # Ubuntu 24.04 renamed libraries with a t64 suffix.
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
    dpkg-query -W -f='${Status}' "${package}t64" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
command -v apt-get >/dev/null || {
  echo "This script knows apt-get only. Install the equivalents of: ${missing[*]}" >&2
  exit 2
}
line="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" -eq 0 ]; then
  sudo=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  sudo=(sudo)
else
  echo "These system packages are missing. Run this line, then the same command again:" >&2
  echo "  sudo sh -c '$line'" >&2
  exit 2
fi
echo "Installing from the system's packages: ${missing[*]}"
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
