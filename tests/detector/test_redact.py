"""No message holds the user or the password of an address."""

import pytest

from detector.errors import redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://admin:secret@10.0.0.7:554/main", "rtsp://…@10.0.0.7:554/main"),
        ("rtsps://admin@10.0.0.7/main", "rtsps://…@10.0.0.7/main"),
        ("rtsp://admin:p@ss@10.0.0.7/main", "rtsp://…@10.0.0.7/main"),
        ("rtsp://10.0.0.7/main?x=1", "rtsp://10.0.0.7/main?x=1"),
        ("from rtsp://a:b@h/1 to rtsp://c:d@h/2", "from rtsp://…@h/1 to rtsp://…@h/2"),
        ("rtsp://admin:with/slash@h/main", "rtsp://…@h/main"),
        ("rtsp://h/live?user=a&password=secret&channel=1", "rtsp://h/live?user=a&password=…&channel=1"),
        ("rtsp://h:554/user=admin&password=&channel=1", "rtsp://h:554/user=admin&password=&channel=1"),
        ("rtsp://h/user=admin_password=tlJw_channel=1.sdp", "rtsp://h/user=admin_password=…"),
        ("rtsp://h/cam?pwd=secret", "rtsp://h/cam?pwd=…"),
        ("rtsp://h/sub?token=abc&x=1", "rtsp://h/sub?token=…&x=1"),
        ("rtsp:/spy:secret@10.0.0.7/main", "rtsp:/…@10.0.0.7/main"),
        ("clips/main.mp4", "clips/main.mp4"),
    ],
)
def test_credentials_are_left_out(text: str, shown: str) -> None:
    assert redact(text) == shown
