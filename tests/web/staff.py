"""Browsers of the staff, for tests of their pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.testclient import TestClient

from assistant.accounts.demo import password
from assistant.bootstrap import Service
from assistant.web.app import make_app
from assistant.web.staff.guard import COOKIE

PAGE = {"accept": "text/html"}
OURS = {"origin": "http://testserver", "accept": "text/html"}
EVIL = {"origin": "https://evil.example.com", "accept": "text/html"}


@contextmanager
def browser(service: Service, *, https: bool = False) -> Iterator[TestClient]:
    """A browser that nobody has signed in with. It does not follow where it is led."""
    base = "https://testserver" if https else "http://testserver"
    with TestClient(
        make_app(service), base_url=base, follow_redirects=False, raise_server_exceptions=False, headers=PAGE
    ) as client:
        yield client


def demo_password(service: Service) -> str:
    return password(Path(service.settings.data_dir))


def come_in(client: TestClient, service: Service, name: str) -> str:
    """Sign in as a demo account; the secret of the session."""
    answer = client.post("/staff/sign-in", data={"name": name, "password": demo_password(service)}, headers=OURS)
    assert answer.status_code == 303, answer.text
    return client.cookies[COOKIE]
