"""Exports the trained plate reader: `python -m models.training.plates.export_reader BEST.pt OUT`.

Writes OUT/plate_reader.onnx for the product and OUT/easyocr/ (module, yaml, pth) for
`easyocr.Reader(["en"], recog_network="ngatu_plate", user_network_directory=…, model_storage_directory=…)`.
"""

import argparse
import shutil
from pathlib import Path

import torch

from models.plates.reader import CHARACTERS, HEIGHT_PX, WIDTH_PX
from models.training.plates import ngatu_plate
from models.training.plates.train_reader import WIDTH

YAML = f"""network_params:
  input_channel: 1
  output_channel: {WIDTH}
  hidden_size: 0
imgH: {HEIGHT_PX}
lang_list:
  - en
character_list: "{CHARACTERS}"
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    state = torch.load(args.checkpoint)
    model = ngatu_plate.Model(1, WIDTH, 0, len(CHARACTERS) + 1)
    model.load_state_dict(state)
    model.eval()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        model,
        (torch.zeros(1, 1, HEIGHT_PX, WIDTH_PX),),
        str(args.out / "plate_reader.onnx"),
        input_names=["pictures"],
        output_names=["scores"],
        dynamic_axes={"pictures": {0: "batch"}, "scores": {0: "batch"}},
        dynamo=False,
    )
    easyocr = args.out / "easyocr"
    easyocr.mkdir(exist_ok=True)
    shutil.copy(Path(ngatu_plate.__file__), easyocr / "ngatu_plate.py")
    (easyocr / "ngatu_plate.yaml").write_text(YAML, encoding="utf-8")
    torch.save({f"module.{name}": value for name, value in state.items()}, easyocr / "ngatu_plate.pth")


if __name__ == "__main__":
    main()
