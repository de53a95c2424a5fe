"""ONVIF against a simulated device: it is found by multicast, its streams are told without a password."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from detector.calibrating.onvif_devices import _devices_in, find_devices, stream_profiles
from detector.calibrating.refusals import DeviceSilent
from detector.contract.assist import Device
from tests.detector.calibrating.onvif_device import OnvifDevice, simulated_device

PASSWORD = "s3cret-word"


@pytest.fixture
def device() -> Iterator[OnvifDevice]:
    with simulated_device("eye", PASSWORD) as running:
        yield running


def test_a_device_is_found_with_its_name_and_place(device: OnvifDevice) -> None:
    found = [one for one in find_devices(seconds=1.5) if one.address == device.address]
    assert [(one.name, one.hardware, one.location) for one in found] == [("Ngã Tư", "SIM-1", "Lê Lợi")]


def test_its_streams_are_told_the_largest_first_and_without_its_password(device: OnvifDevice) -> None:
    profiles = stream_profiles(Device(address=device.address, user="eye", password=PASSWORD))
    assert [(one.name, one.width, one.height, one.fps, one.url) for one in profiles] == [
        ("main", 1920, 1080, 25.0, "rtsp://127.0.0.1:554/main"),
        ("sub", 640, 360, 12.0, "rtsp://127.0.0.1:554/sub"),
    ]
    assert device.asked.count("GetStreamUri") == 2


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/onvif/device_service", "ftp://x", "http://", "http://x:y/"]
)
def test_what_is_no_device_is_told_in_one_line(address: str) -> None:
    with pytest.raises(DeviceSilent):
        stream_profiles(Device(address=address))


def test_a_wrong_password_is_told_without_saying_it(device: OnvifDevice) -> None:
    with pytest.raises(DeviceSilent) as refused:
        stream_profiles(Device(address=device.address, user="eye", password="wrong-word"))
    assert "wrong-word" not in str(refused.value)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<a>",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><ProbeMatch><XAddrs>&x;</XAddrs></ProbeMatch></a>',
        b"<a><ProbeMatch><XAddrs></XAddrs></ProbeMatch></a>",
    ],
)
def test_an_answer_that_is_none_names_no_device(answer: bytes) -> None:
    assert list(_devices_in(answer)) == []


def test_a_worker_starts_without_loading_soap() -> None:
    code = "import sys, detector.calibrating.assisting; sys.exit('zeep' in sys.modules or 'onvif' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
