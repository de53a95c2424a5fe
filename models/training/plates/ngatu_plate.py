"""The plate reader's network, in the form EasyOCR loads as `recog_network="ngatu_plate"`.

In: N×1×32×192 grey pictures in -1…1, a two-line plate with its rows side by side. Out: N×48×33 scores for CTC,
class 0 = blank. Convolutions only: fast and equal in every runtime.
"""

import torch
from torch import nn


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class _Along(nn.Module):
    """Looks along the row: what stands beside a character tells where it begins and ends."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(width, width, 5, padding=2, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(inplace=True),
            nn.Dropout(0.1),
        )

    def forward(self, sequence: torch.Tensor) -> torch.Tensor:
        return sequence + self.layers(sequence)


class Model(nn.Module):
    """`output_channel` is the width of the last features; `hidden_size` is unused and kept for EasyOCR's call."""

    def __init__(self, input_channel: int, output_channel: int, hidden_size: int, num_class: int) -> None:
        super().__init__()
        width = output_channel
        self.features = nn.Sequential(
            _block(input_channel, width // 8),
            nn.MaxPool2d(2),
            _block(width // 8, width // 4),
            _block(width // 4, width // 4),
            nn.MaxPool2d(2),
            _block(width // 4, width // 2),
            _block(width // 2, width // 2),
            nn.MaxPool2d((2, 1)),
            _block(width // 2, width),
            nn.MaxPool2d((2, 1)),
            nn.Conv2d(width, width, (2, 3), padding=(0, 1), bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )
        self.along = nn.Sequential(_Along(width), _Along(width))
        self.score = nn.Linear(width, num_class)

    def forward(self, pictures: torch.Tensor, text: object = None) -> torch.Tensor:
        sequence = self.features(pictures).squeeze(2)
        return self.score(self.along(sequence).permute(0, 2, 1))
