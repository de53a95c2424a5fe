"""Everything that can go wrong while opening or running the networks.

ModelError
├── WeightsMissing        the network's file, or its entry in weights.toml, is not there
├── WeightsAltered        the file is there and is not the one that weights.toml names
├── RuntimeMissing        the chosen inference runtime is not installed, or not known
└── PictureRefused        a picture that no network can look at (empty, or not BGR bytes)
"""


class ModelError(Exception):
    """Root of what models/ raises on purpose; the message says what, where and what to do."""


class WeightsMissing(ModelError):
    """A network's file or its entry in weights.toml is absent."""


class WeightsAltered(ModelError):
    """A network's file differs from the checksum in weights.toml."""


class RuntimeMissing(ModelError):
    """The inference runtime asked for cannot be loaded."""


class PictureRefused(ModelError):
    """The picture is empty or is not height × width × 3 bytes."""
