"""A survey's code that is scanned in WeChat: the follower is known by WeChat's own sign-in, and by nothing that a page says."""

from urllib.parse import parse_qs, urlsplit

import pytest

from assistant.accounts.keys import secret_key
from assistant.db import moments
from assistant.db.moments import Invitation
from assistant.surveys.places import Place, Places
from tests.channels.conftest import OPENID, Make, World

IN_WECHAT = {"user-agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50"}


@pytest.fixture
def address(world: World) -> str:
    return address_in(world)


def address_in(world: World) -> str:
    key = secret_key("", world.service.settings.data_dir)
    return f"/survey/at/{Places(key).token(Place('store_visit', 'S001'))}"


def invitations(world: World) -> list[Invitation]:
    with world.service.database.read() as connection:
        return moments.every(connection)


def sign_in(world: World, address: str) -> str:
    """Scan, agree, come back; the ticket that the page carries."""
    start = world.browser.get(address, headers=IN_WECHAT, follow_redirects=False)
    asked = parse_qs(urlsplit(start.headers["location"]).query)
    code = world.phone(OPENID).oauth_code("snsapi_base")
    page = world.browser.get(
        urlsplit(asked["redirect_uri"][0]).path, params={"code": code, "state": asked["state"][0]}, headers=IN_WECHAT
    )
    assert 'name="ticket"' in page.text
    return page.text.split('name="ticket" value="')[1].split('"')[0]


def test_a_bound_follower_answers_as_the_member_once_a_day(world: World, address: str) -> None:
    world.phone(member="M0000001")

    first = world.browser.post(address, data={"ticket": sign_in(world, address)}, headers=IN_WECHAT)
    again = world.browser.post(address, data={"ticket": sign_in(world, address)}, headers=IN_WECHAT)

    (found,) = invitations(world)
    assert found.member_id == "M0000001"
    assert first.url.path == again.url.path == f"/survey/{found.id}"


def test_a_follower_who_is_not_bound_answers_as_somebody_unknown(world: World, address: str) -> None:
    world.phone()

    world.browser.post(address, data={"ticket": sign_in(world, address)}, headers=IN_WECHAT)

    (found,) = invitations(world)
    assert found.member_id == ""


def test_whoever_declines_or_comes_with_a_made_up_ticket_is_asked_as_before(world: World, address: str) -> None:
    declined = world.browser.get(f"{address}/in", headers=IN_WECHAT)
    stale = world.browser.get(f"{address}/in", params={"code": "x", "state": "y"}, headers=IN_WECHAT)
    begun = world.browser.post(address, data={"ticket": "made-up"}, headers=IN_WECHAT)

    assert "不需要填写姓名" in declined.text
    assert 'name="ticket"' not in declined.text + stale.text
    assert begun.status_code == 200
    assert invitations(world)[0].member_id == ""


def test_outside_wechat_and_without_sign_in_nobody_is_sent_away(make_world: Make) -> None:
    world = make_world(account="subscription")
    address = address_in(world)

    inside = world.browser.get(address, headers=IN_WECHAT, follow_redirects=False)
    outside = world.browser.get(address, follow_redirects=False)

    assert inside.status_code == outside.status_code == 200
