"""Opens a clip for marking and serves its page on this machine: the work behind `ngatu truth CLIP`."""

import fcntl
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from benchmarks.footage.folder import CAMERA_END, TRUTH_END, ClipFiles, camera_of
from benchmarks.truth import TruthFileError, sha256_of
from benchmarks.truth_page.application import Marking, create_application
from benchmarks.truth_page.draft import TruthDraft, load_draft, save_draft, with_lights
from benchmarks.truth_page.frames import ClipFrames
from benchmarks.truth_page.proposing import propose
from detector.contract.camera import Camera, CameraFileError, Sources
from detector.sources.translating import is_live
from detector.watching.replay import camera_on_clip
from detector.watching.reporting import progress_bar

HOST = "127.0.0.1"


def mark_truth(
    clip: Path,
    *,
    camera_file: Path | None,
    truth_file: Path | None,
    port: int,
    proposes: bool,
    say: Callable[[str], None],
) -> None:
    """Serve the page until stopped. Raises SourceError, CameraFileError, TruthFileError."""
    path = truth_file or clip.with_name(clip.stem + TRUTH_END)
    with ClipFrames(clip) as frames, _held(path), _listening(port) as listening:
        marking = open_marking(
            clip, frames=frames, camera_file=camera_file, truth_file=path, proposes=proposes, say=say
        )
        config = uvicorn.Config(
            create_application(marking), log_level="warning", server_header=False, ws="none"
        )
        server = uvicorn.Server(config)
        # Before the address is said: who starts this in the background has the signal ignored until it is asked for.
        signal.signal(signal.SIGINT, server.handle_exit)
        say(
            f"Mark the clip at http://{HOST}:{listening.getsockname()[1]}  (Ctrl+C ends it; every change is saved)"
        )
        server.run(sockets=[listening])
    draft = marking.draft
    left = sum(not s.confirmed for s in draft.signal) + sum(not c.confirmed for c in draft.crossings)
    say(f"{path}: {len(draft.crossings)} crossings; {left} marks wait to be confirmed.")


def open_marking(
    clip: Path,
    *,
    frames: ClipFrames,
    camera_file: Path | None,
    truth_file: Path,
    proposes: bool,
    say: Callable[[str], None],
) -> Marking:
    """The clip with the truth that there is, else with what the detector proposes."""
    camera = _camera(clip, camera_file, truth_file)
    if truth_file.is_file():
        draft = load_draft(truth_file, clip=clip, length_s=frames.length_s)
    else:
        draft = _begun(clip, camera, proposes=proposes, say=say)
        draft = with_lights(draft, camera)
        save_draft(draft, truth_file)
    return Marking(
        clip=clip,
        truth_file=truth_file,
        camera=camera,
        frames=frames,
        draft=draft,
        on_disk=truth_file.read_bytes(),
    )


def _camera(clip: Path, camera_file: Path | None, truth_file: Path) -> Camera:
    beside = clip.with_name(clip.stem + CAMERA_END)
    files = ClipFiles(
        clip=clip,
        camera_file=camera_file or (beside if beside.is_file() else None),
        truth_file=truth_file if truth_file.is_file() else None,
    )
    camera = camera_of(files)
    if not camera.lanes:
        raise CameraFileError(
            f"camera {camera.camera_id}: has no lanes, so nothing in it is judged; calibrate it first"
        )
    return camera


def _begun(clip: Path, camera: Camera, *, proposes: bool, say: Callable[[str], None]) -> TruthDraft:
    draft = TruthDraft(clip=clip.name, clip_sha256=sha256_of(clip), camera=_stated(camera, clip))
    if not proposes:
        return draft
    say("The detector looks at the clip first; each of its marks must then be confirmed.")
    on_clip = camera_on_clip(camera, clip, clip.parent)
    with progress_bar(clip, quiet=False) as progress:
        signal, crossings = propose(on_clip, clip, progress=progress)
    say(f"Proposed: {len(crossings)} crossings, {len(signal)} colours of signals.")
    return draft.model_copy(update={"signal": signal, "crossings": crossings})


def _stated(camera: Camera, clip: Path) -> dict[str, Any]:
    """The camera as the truth file holds it: a truth is passed on, the camera's address and password are not."""
    sub = camera.sources.sub
    sources = Sources(main=clip.name, sub=sub if sub and not is_live(sub) else None)
    return camera.model_copy(update={"sources": sources}).model_dump(mode="json", by_alias=True)


@contextmanager
def _held(truth_file: Path) -> Iterator[None]:
    """Only one page writes a truth file at a time. Raises TruthFileError."""
    if truth_file.is_dir():
        raise TruthFileError(f"{truth_file}: is a folder; name a file in it with --truth")
    path = truth_file.with_name(f".{truth_file.name}.lock")
    try:
        file = path.open("ab")
    except OSError as error:
        raise TruthFileError(
            f"{truth_file}: cannot be written there ({error.strerror}); name a file elsewhere with --truth"
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise TruthFileError(
                f"{truth_file}: is being marked by another ngatu truth; end that one, or name another file with --truth"
            ) from None
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """A port of this machine alone. Raises TruthFileError when it is taken."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
            listening.listen()  # whoever reads the address may call at once: the answer comes when the page is up
        except (OSError, OverflowError) as error:
            raise TruthFileError(
                f"{HOST}:{port}: cannot listen there ({error}); end what listens, or name another with --port"
            ) from None
        yield listening
