"""Cases of wrong way, lane change and illegal stop on their way: taken in, shown with the law's amount, found again."""

import json

import pytest

from detector.contract.packet import ViolationPacket
from detector.contract.sealing import canonical_json
from tests.service.conftest import Service
from tests.service.packets import act_packet_of, packet_of


def taken_in(service: Service, kind: str, vehicle_class: str) -> int:
    packet = act_packet_of(kind)
    return service.new_case(
        **{key: packet[key] for key in ("kind", "act", "rule", "lane_id", "entered_junction_s")},
        vehicle={**packet["vehicle"], "vehicle_class": vehicle_class},
    )


@pytest.mark.parametrize(
    ("kind", "vehicle_class", "amounts", "words"),
    [
        ("wrong_way", "car", "18.000.000", ("Đi ngược chiều", "8 m trong", "Làn L1", "Ngược mũi tên")),
        ("wrong_lane", "motorbike", "200.000", ("Chuyển làn đường không đúng", "Vạch liền V1", "Trên vạch liền")),
        ("illegal_stop", "car", "600.000", ("Dừng xe, đỗ xe", "Khu vực Z1", "Vẫn đang dừng")),
    ],
)  # fmt: skip
def test_a_case_shows_the_act_and_what_the_law_asks(
    service: Service, kind: str, vehicle_class: str, amounts: str, words: tuple[str, ...]
) -> None:
    case_id = taken_in(service, kind, vehicle_class)
    client = service.client("reviewer")
    page = client.get(f"/cases/{case_id}").text
    assert amounts in page
    for word in words:
        assert word in page, word
    assert "Đèn đỏ khi qua vạch" not in page
    (case,) = client.get("/api/v1/cases", params={"kind": kind}).json()["cases"]
    assert (case["id"], case["kind"]) == (case_id, kind)
    assert client.get("/api/v1/cases", params={"kind": "red_light"}).json()["cases"] == []


@pytest.mark.parametrize("kind", ["wrong_way", "wrong_lane", "illegal_stop"])
def test_a_packet_of_an_act_reads_and_writes_to_the_same_bytes(kind: str) -> None:
    content = act_packet_of(kind)
    packet = ViolationPacket.model_validate(content)
    again = ViolationPacket.model_validate_json(canonical_json(packet.model_dump(mode="json", by_alias=True)))
    assert again == packet


def test_a_packet_without_an_act_is_written_without_the_key() -> None:
    """Older services refuse keys that they do not know."""
    packet = ViolationPacket.model_validate(packet_of())
    assert "act" not in packet.model_dump(mode="json", by_alias=True)
    assert "act" not in json.loads(packet.model_dump_json(by_alias=True))
