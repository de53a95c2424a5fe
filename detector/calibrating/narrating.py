"""Tells the service how a job goes from a thread of its own: the work never waits for the network.

Only the newest look is sent; what comes while one is on its way is passed over.
"""

from threading import Condition, Thread

from detector.calibrating.pictures import live_jpeg
from detector.calibrating.refusals import DoorClosed
from detector.calibrating.service_door import ServiceDoor
from detector.contract.assist import SeenFrame
from detector.watching.eyes import Picture

EVERY_S, SIGN_OF_LIFE_S = 0.25, 5.0


class JobUnwanted(Exception):
    """Nobody waits for this job any more: its page was closed, or it was stopped."""


class Narrator:
    """Sends what it is told of one job; use as a context manager around the work."""

    def __init__(self, door: ServiceDoor, job_id: int, *, of_s: float) -> None:
        self._door, self._job_id = door, job_id
        self._seen = SeenFrame(at_s=0.0, of_s=of_s)
        self._picture: Picture | None = None
        self._changed = Condition()
        self._over = self._unwanted = False
        self._thread = Thread(target=self._send_all, name=f"narrator {job_id}", daemon=True)

    def __enter__(self) -> "Narrator":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join(10.0)

    def show(self, picture: Picture | None, seen: SeenFrame) -> None:
        """Take the newest look. Raises JobUnwanted once nobody wants the job."""
        with self._changed:
            if self._unwanted:
                raise JobUnwanted
            self._picture, self._seen = picture, seen

    def tell(self, at_s: float) -> None:
        """Take how far the work is. Raises JobUnwanted."""
        self.show(None, self._seen.model_copy(update={"at_s": round(at_s, 1)}))

    def check(self) -> None:
        """Raises JobUnwanted once nobody wants the job."""
        if self._unwanted:
            raise JobUnwanted

    def _send_all(self) -> None:
        silent_s = SIGN_OF_LIFE_S
        sent: SeenFrame | None = None
        while not self._wait():
            picture, seen = self._picture, self._seen
            silent_s += EVERY_S
            if seen is sent and silent_s < SIGN_OF_LIFE_S:
                continue
            sent, silent_s = seen, 0.0
            if not self._send(picture, seen):
                with self._changed:
                    self._unwanted = True
                return

    def _wait(self) -> bool:
        """Wait for the next turn; whether the work is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._over, EVERY_S)
            return self._over

    def _send(self, picture: Picture | None, seen: SeenFrame) -> bool:
        """Whether the job is still wanted; a service that does not answer for a moment ends nothing."""
        try:
            return self._door.show(self._job_id, seen, live_jpeg(picture) if picture is not None else None)
        except DoorClosed:
            return True
