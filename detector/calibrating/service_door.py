"""The worker's side of the service's job door: HTTP in and out, nothing else. Logs no address and no password."""

from base64 import b64encode
from types import TracebackType

import httpx

from detector.calibrating.refusals import DoorClosed
from detector.contract.assist import DoneIn, FrameAnswer, FrameIn, JobAsked, SeenFrame, TakeIn

WAIT_S = 5.0
TIMEOUT = httpx.Timeout(30.0, connect=5.0)


class ServiceDoor:
    """One worker's connection; safe to use from two threads."""

    def __init__(self, service_url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=f"{service_url.rstrip('/')}/api/v1/assist",
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
        )

    def __enter__(self) -> "ServiceDoor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def take(self, *, wait_s: float = WAIT_S) -> JobAsked | None:
        """The next job; None when none came. Raises DoorClosed."""
        answer = self._send("POST", "/take", content=TakeIn(wait_s=wait_s).model_dump_json())
        return None if answer.status_code == 204 else JobAsked.model_validate_json(answer.content)

    def show(self, job_id: int, frame: SeenFrame, jpeg: bytes | None) -> bool:
        """Tell how far a job is; whether it is still wanted. Raises DoorClosed."""
        body = FrameIn(frame=frame, jpeg_base64=b64encode(jpeg).decode("ascii") if jpeg else None)
        answer = self._send("POST", f"/jobs/{job_id}/frame", content=body.model_dump_json())
        return FrameAnswer.model_validate_json(answer.content).go_on

    def put_picture(self, job_id: int, name: str, jpeg: bytes) -> None:
        """Send a picture of the result. Raises DoorClosed."""
        self._send("PUT", f"/jobs/{job_id}/pictures/{name}", content=jpeg, content_type="image/jpeg")

    def reference(self, job_id: int) -> bytes:
        """The picture that the job's calibration was drawn on. Raises DoorClosed."""
        return self._send("GET", f"/jobs/{job_id}/reference").content

    def end(self, job_id: int, done: DoneIn) -> None:
        """Send the result, or what went wrong. Raises DoorClosed."""
        self._send("POST", f"/jobs/{job_id}/done", content=done.model_dump_json())

    def _send(
        self,
        method: str,
        way: str,
        *,
        content: str | bytes | None = None,
        content_type: str = "application/json",
    ) -> httpx.Response:
        headers = {"Content-Type": content_type} if content is not None else {}
        try:
            answer = self._client.request(method, way, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise DoorClosed(
                f"the service does not answer ({type(error).__name__}); is it running?"
            ) from None
        if answer.is_error:
            raise DoorClosed(f"the service refused {method} {way}: {answer.status_code}; {_detail(answer)}")
        return answer


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("detail", ""))[:300]
    except (ValueError, AttributeError):
        return "no reason was given"
