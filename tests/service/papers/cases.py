"""Cases with real pictures that are ready for a paper: confirmed, and their owner in a registry."""

from datetime import datetime
from pathlib import Path

from service.owners.csv_registry import CsvRegistry
from tests.service.conftest import BEGIN, Service
from tests.service.console.evidence import packet_zip, runners
from tests.service.owners.test_registries import HEAD

OWNER_NAME = "Nguyễn Thị Hồng Diễm"
OWNER_ADDRESS = "Số 128/5 đường Lê Thị Hồng Gấm, Phường Mỹ Tho, tỉnh Đồng Tháp"


def with_owners(service: Service, folder: Path, *, name: str = OWNER_NAME, make: str = "Toyota") -> None:
    """A registry in which every runner of the clip has the same owner."""
    rows = [
        f'{runner.plate},,{runner.vehicle_class},{make},trắng,person,{name},"{OWNER_ADDRESS}",2020-01-01,'
        for runner in runners()
    ]
    path = folder / "owners.csv"
    path.write_text("\n".join((HEAD, *rows)), encoding="utf-8")
    service.app.state.owner_registry = CsvRegistry(path)


def confirmed_case(
    service: Service, number: int = 1, *, which: int = 0, committed_at: datetime = BEGIN, **changes: object
) -> int:
    """A confirmed case of one of the runners."""
    answer = service.send(packet_zip(which, number, committed_at=committed_at, **changes))
    assert answer.status_code == 201, answer.text
    case_id = int(answer.json()["case_id"])
    client = service.client("reviewer")
    client.post(f"/api/v1/cases/{case_id}/claim")
    answer = client.post(f"/api/v1/cases/{case_id}/confirm")
    assert answer.status_code == 200, answer.text
    return case_id


def case_with_owner(service: Service, folder: Path, number: int = 1, **parts: object) -> int:
    """A confirmed case whose owner was looked up."""
    with_owners(service, folder)
    case_id = confirmed_case(service, number, **parts)  # type: ignore[arg-type]
    answer = service.client("reviewer").post(
        f"/api/v1/cases/{case_id}/owner", json={"reason": "gửi thông báo vi phạm"}
    )
    assert answer.json()["outcome"] == "found", answer.text
    return case_id
