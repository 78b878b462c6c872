"""What the tests of pages share."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from assistant.bootstrap import Service
from tests.web.staff import browser


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    """A browser of the staff's, signed in as nobody yet."""
    with browser(service) as made:
        yield made
