#!/bin/sh
# Takes out of a folder of installed packages what a running system never loads: slim_packages.sh SITE-PACKAGES
# Files are replaced, never written into, so that packages linked from elsewhere stay whole there.
set -eu
site=$1
# OpenVINO: plugins for Intel graphics and neural chips, readers of model formats other than ONNX.
rm -f "$site"/openvino/libs/libopenvino_intel_gpu_plugin.so "$site"/openvino/libs/libopenvino_intel_npu_plugin.so \
  "$site"/openvino/libs/cache.json
for format in tensorflow tensorflow_lite pytorch paddle gguf jax; do
  rm -f "$site"/openvino/libs/libopenvino_"$format"_frontend.so*
done
rm -rf "$site"/openvino/include
# Babel: the console speaks two languages.
find "$site"/babel/locale-data -type f ! -name 'root.dat' ! -name 'en.dat' ! -name 'en_*.dat' ! -name 'vi*.dat' -delete
# Tests that packages bring along.
find "$site" -type d -name tests -prune -exec rm -rf {} +
# Symbols that only a debugger reads. Libraries that wheels brought along (*.libs) do not survive it: they are left alone.
find "$site"/av "$site"/sqlalchemy "$site"/aiohttp "$site"/openvino -type f -name '*.so*' | while read -r library; do
  strip --strip-unneeded -o "$library.stripped" "$library"
  chmod --reference="$library" "$library.stripped"
  mv "$library.stripped" "$library"
done
