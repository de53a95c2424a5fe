"""Evidence in a bucket of an S3-compatible server: PREFIX/CAMERA/VIOLATION/NAME. The manifest goes last.

An object is whole or not there, and a packet is there when its manifest is: what an unfinished intake left behind is
overwritten by the next one. Files that are looked at are fetched once and kept in a folder, the oldest going first.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from detector.contract.packet import MANIFEST_FILE
from service.errors import ServiceError
from service.evidence.store import EvidenceAway, EvidenceNotKept, PacketPlace, check_name, no_such_file
from service.settings import Settings

MOST_CACHED_BYTES = 2 << 30
MOST_REASON = 200
PROBE = "can-evidence-be-written"


class BucketStore:
    """Evidence on an S3-compatible server."""

    def __init__(self, settings: Settings, cache: Path) -> None:
        from obstore.store import S3Store  # noqa: PLC0415 - only who has a bucket needs it: a quick start

        self._bucket: Any = S3Store(
            str(settings.s3_bucket),
            prefix=settings.s3_prefix or None,
            endpoint=settings.s3_endpoint or None,
            region=settings.s3_region,
            access_key_id=settings.s3_key_id,
            secret_access_key=settings.s3_secret.get_secret_value(),
            virtual_hosted_style_request=False,
            client_options={"allow_http": settings.s3_endpoint.startswith("http://"), "timeout": "30s"},
            retry_config={"max_retries": 2},
        )
        self._said = f"bucket {settings.s3_bucket}"
        self._cache = cache

    @contextmanager
    def prepare(self, files: Mapping[str, bytes]) -> Iterator["PreparedObjects"]:
        """A bucket knows no place but the last: the files are sent when they are published."""
        yield PreparedObjects(store=self, files=files)

    def send(self, place: PacketPlace, files: Mapping[str, bytes]) -> None:
        """Send all, the manifest last; what another packet left there goes. Raises EvidenceNotKept."""
        with _told_as(
            EvidenceNotKept, f"{self._said}: evidence cannot be written", "the worker sends it again"
        ):
            for name in sorted(files, key=lambda name: name == MANIFEST_FILE):
                self._bucket.put(_key(place, name), files[name])
            for name in set(self._listed(place)) - set(files):
                self._bucket.delete(_key(place, name))
        shutil.rmtree(self._cached(place), ignore_errors=True)

    def path_of(self, camera_id: str, violation_id: str, name: str) -> Path:
        """A copy of one file on this machine. Raises NotFound, EvidenceAway."""
        check_name(name)
        place = PacketPlace(camera_id=camera_id, violation_id=violation_id)
        path = self._cached(place) / name
        if path.is_file():
            path.touch()
            return path
        with _told_as(EvidenceAway, f"{self._said}: evidence cannot be read", "try again in a minute"):
            try:
                data = self._bucket.get(_key(place, name)).bytes().to_bytes()
            except FileNotFoundError:
                raise no_such_file(name) from None
        self._make_room(len(data))
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{name}-{os.urandom(4).hex()}")
        unfinished.write_bytes(data)
        unfinished.rename(path)
        return path

    def names_of(self, camera_id: str, violation_id: str) -> list[str]:
        """The files of a packet. Raises EvidenceAway."""
        place = PacketPlace(camera_id=camera_id, violation_id=violation_id)
        with _told_as(EvidenceAway, f"{self._said}: evidence cannot be read", "try again in a minute"):
            return self._listed(place)

    def erase(self, camera_id: str, violation_id: str) -> list[str]:
        """Take a packet's objects away, the manifest first: no half of it counts as a packet. Raises EvidenceAway."""
        place = PacketPlace(camera_id=camera_id, violation_id=violation_id)
        names = self.names_of(camera_id, violation_id)
        with _told_as(EvidenceAway, f"{self._said}: evidence cannot be erased", "try again in a minute"):
            for name in sorted(names, key=lambda name: name != MANIFEST_FILE):
                self._bucket.delete(_key(place, name))
        shutil.rmtree(self._cached(place), ignore_errors=True)
        return names

    def packets(self) -> Iterator[PacketPlace]:
        """Every packet in the bucket, in order. Raises EvidenceAway."""
        with _told_as(EvidenceAway, f"{self._said}: evidence cannot be read", "try again in a minute"):
            for some in self._bucket.list():
                for found in some:
                    camera_id, violation_id, name = found["path"].split("/")[-3:]
                    if name == MANIFEST_FILE:
                        yield PacketPlace(camera_id=camera_id, violation_id=violation_id)

    def free_bytes(self) -> int:
        """Room for copies on this machine, after the bucket took an object. Raises EvidenceNotKept."""
        with _told_as(
            EvidenceNotKept, f"{self._said}: evidence cannot be written", "check the server and its key"
        ):
            self._bucket.put(PROBE, b"can evidence be written?")
            self._bucket.delete(PROBE)
        self._cache.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._cache).free

    def _listed(self, place: PacketPlace) -> list[str]:
        found = self._bucket.list(f"{place.camera_id}/{place.violation_id}/")
        return sorted(each["path"].rpartition("/")[2] for some in found for each in some)

    def _cached(self, place: PacketPlace) -> Path:
        return self._cache / place.camera_id / place.violation_id

    def _make_room(self, wanted: int) -> None:
        files = [path for path in self._cache.rglob("*") if path.is_file()]
        held = sum(path.stat().st_size for path in files)
        for path in sorted(files, key=lambda path: path.stat().st_mtime):
            if held + wanted <= MOST_CACHED_BYTES:
                return
            held -= path.stat().st_size
            path.unlink(missing_ok=True)


class PreparedObjects:
    """Files that will be sent to a bucket."""

    def __init__(self, *, store: BucketStore, files: Mapping[str, bytes]) -> None:
        self._store, self._files = store, files

    def publish(self, place: PacketPlace) -> None:
        """Send them; the caller sees to it that only one does so for a packet at a time."""
        self._store.send(place, self._files)


@contextmanager
def _told_as(kind: type[ServiceError], what: str, do: str) -> Iterator[None]:
    """Errors of the server in one line, without the request that caused them."""
    from obstore.exceptions import BaseError  # noqa: PLC0415 - as above

    try:
        yield
    except (BaseError, OSError) as error:
        reason = str(error).partition("\n")[0][:MOST_REASON]
        raise kind(f"{what} ({reason}); {do}") from None


def _key(place: PacketPlace, name: str) -> str:
    return f"{place.camera_id}/{place.violation_id}/{name}"
