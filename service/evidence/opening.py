"""The evidence store that the settings name: a folder, or a bucket of an S3-compatible server."""

from service.evidence.bucket import BucketStore
from service.evidence.folder import FolderStore
from service.evidence.store import EvidenceStore
from service.settings import Settings


def open_store(settings: Settings) -> EvidenceStore:
    """The store; nothing is written yet."""
    if settings.s3_bucket:
        return BucketStore(settings, settings.state / "evidence-copies")
    return FolderStore(settings.evidence_folder)
