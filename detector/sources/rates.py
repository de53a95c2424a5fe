"""Which rate a stream has: what its encoder wrote and what its pictures show in, frames per second out."""

USUAL_RATES = (5, 6, 7.5, 8, 10, 12, 12.5, 15, 16, 18, 20, 24, 25, 30, 50, 60)
NEAR_RATE = 0.0005
BORNE_OUT = 0.02


def rate_of(written: float, average: float) -> float:
    """What the encoder wrote into the stream, where the pictures bear it out: it is the same in file and feed."""
    return usual_rate(written if abs(written - average) <= average * BORNE_OUT else average)


def usual_rate(fps: float) -> float:
    """The nearest usual frame rate when it is as good as equal, so that file and camera agree; else as it is."""
    nearest = min(USUAL_RATES, key=lambda rate: abs(rate - fps))
    return float(nearest) if abs(nearest - fps) <= nearest * NEAR_RATE else fps
