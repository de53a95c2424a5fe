"""The application of one of several server processes: opened from the environment that `ngatu serve` set."""

from fastapi import FastAPI

from service.application import create_application, open_record
from service.settings import Settings


def application() -> FastAPI:
    """An application with a record of its own: connections are never shared between processes."""
    return create_application(open_record(Settings()))
