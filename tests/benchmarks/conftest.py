"""The browser that the console's tests use serves the benches' pages too."""

from tests.service.console.conftest import browser

__all__ = ["browser"]
