#!/bin/sh
# Exports a trained checkpoint as the shipped network: export_yolo.sh CHECKPOINT.pt NETWORK.onnx
# Sizes stay free, large constants are stored in half precision. Offline only.
set -eu
scratch=$(mktemp -d)
cp "$1" "$scratch/network.pt"
yolo export model="$scratch/network.pt" format=onnx imgsz=384,640 dynamic=True simplify=True device=cpu
python -m models.training.shrink_onnx "$scratch/network.onnx" "$2"
rm -r "$scratch"
