"""Cameras and packets of usual size and content for the benchmark of the service."""

from datetime import datetime
from hashlib import sha256
from typing import Any

CAMERAS = 48


def camera_content(number: int) -> dict[str, Any]:
    """A camera file."""
    return {
        "schema": 1, "camera_id": f"bench-{number:02d}", "name": f"Bench {number:02d}", "ward": f"Ward {number % 4}",
        "sources": {"main": f"rtsp://bench.invalid/{number}", "sub": None},
        "signals": [{"id": "S1", "lamps": {"head": [0.1, 0.1, 0.2, 0.2]}}],
        "lanes": [{
            "id": "L1", "approach": [[0, 0.9], [1, 0.9], [1, 1]], "stop_line": [[0, 0.5], [1, 0.5]],
            "junction": [[0, 0.2], [1, 0.2], [1, 0.4]], "signal": "S1",
        }],
    }  # fmt: skip


def packet_content(violation_id: str, camera_id: str, committed_at: datetime) -> dict[str, Any]:
    """A packet.json of usual size: a track of 60 points, a plate read 12 times."""
    box = [0.41, 0.52, 0.11, 0.13]
    rows = [[{"character": character, "confidence": 0.97} for character in "13A12345"]]
    reads = [
        {"at_s": 18 + number / 10, "box": box, "text": "13A12345", "confidence": 0.96} for number in range(12)
    ]
    return {
        "schema": 1, "violation_id": violation_id, "kind": "red_light", "origin": "detector", "footage": "rendered",
        "camera": {"camera_id": camera_id, "name": camera_id, "calibration_sha256": "a" * 64}, "lane_id": "L1",
        "committed_at": committed_at.isoformat(), "clock": {"source": "rtcp", "offset_ms": 12.0}, "cross_s": 19.2,
        "frame_number": 480, "frame_sha256": sha256(violation_id.encode()).hexdigest(), "entered_junction_s": 20.1,
        "analysed_fps": 12.5,
        "vehicle": {"vehicle_class": "car", "class_confidence": 0.9, "track_id": 7, "box": box},
        "signal": {
            "signal_id": "S1", "colour_at_crossing": "red", "red_elapsed_s": 3.1, "yellow_length_s": 3.0,
            "timeline": [{"colour": "red", "from_s": 16.1, "to_s": 40.0}],
        },
        "track": [{"at_s": 17 + number / 25, "box": box} for number in range(60)],
        "plate": {
            "text": "13A12345", "confidence": 0.97, "verdict": "sure", "reason": "agreed", "layout": "one_line",
            "colour": "white", "rows": rows, "reads": reads,
        },
        "rule": {"name": "red_light", "version": "1", "parameters": {"grace_s": 0.5}}, "weights": {"v": "b" * 64},
        "run": {"run_id": "bench", "produced_at": committed_at.isoformat(), "software_version": "bench"},
    }  # fmt: skip
