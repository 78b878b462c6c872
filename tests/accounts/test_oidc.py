"""Single sign-on: who comes in by a provider, and every way of which a token is not good enough."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from assistant.accounts.oidc import STALE, UNKNOWN, ProviderDown
from assistant.accounts.passwords import Passwords
from assistant.accounts.room import Accounts
from assistant.accounts.sign_in import Opened
from assistant.clock import FixedClock
from assistant.config import OidcSettings, Settings
from assistant.db.engine import Database
from assistant.errors import NotAllowed
from tests.accounts.conftest import ADMIN, DOOR, acts, person
from tests.accounts.provider import CLIENT, ISSUER, SECRET, Provider

BACK = "https://zhike.example.com/staff/sso/back"


@pytest.fixture
def provider(clock: FixedClock) -> Provider:
    return Provider(clock.now().timestamp())


def made(store: Database, clock: FixedClock, folder: Path, provider: Provider, **changes: Any) -> Accounts:
    oidc = OidcSettings(issuer=ISSUER, client_id=CLIENT, client_secret=SecretStr(SECRET), **changes)
    settings = Settings(data_dir=folder, oidc=oidc)
    return Accounts(settings, store, clock, oidc=provider, passwords=Passwords(1_024))


@pytest.fixture
def room(store: Database, clock: FixedClock, tmp_path: Path, provider: Provider) -> Iterator[Accounts]:
    found = made(store, clock, tmp_path, provider)
    yield found
    found.close()


def sign_on(room: Accounts, provider: Provider, subject: str = "u-1", **claims: Any) -> Opened:
    started = room.sso.start(BACK)
    code, state = provider.agree(started.address, subject, **claims)
    return room.sso.finish(code, state, started.browser, DOOR)


def test_somebody_with_an_account_comes_in_and_is_bound_to_their_subject(room: Accounts, provider: Provider) -> None:
    person(room)

    opened = sign_on(room, provider)

    signed = room.sessions.read(opened.secret)
    assert signed is not None
    assert (signed.name, signed.way) == ("li.lei", "sso")
    assert room.staff.find("li.lei").subject == f"{ISSUER}#u-1"
    assert acts(room)[-2:] == ["li.lei accounts.bind li.lei", "li.lei sign_in.in li.lei"]


def test_once_bound_the_subject_decides_and_not_the_name(room: Accounts, provider: Provider) -> None:
    person(room)
    person(room, "han.mei")
    sign_on(room, provider)

    renamed = sign_on(room, provider, preferred_username="han.mei")
    with pytest.raises(NotAllowed, match=UNKNOWN):
        sign_on(room, provider, "u-2")

    assert renamed.stored.name == "li.lei"


@pytest.mark.parametrize(
    "claims", [{"preferred_username": "nobody"}, {"preferred_username": None}, {"preferred_username": 7}]
)
def test_a_person_without_an_account_is_told_so(room: Accounts, provider: Provider, claims: dict[str, Any]) -> None:
    person(room)

    with pytest.raises(NotAllowed, match=UNKNOWN):
        sign_on(room, provider, **claims)


def test_a_disabled_account_stays_out(room: Accounts, provider: Provider) -> None:
    person(room)
    sign_on(room, provider)
    room.staff.disable("li.lei", ADMIN)

    with pytest.raises(NotAllowed, match=UNKNOWN):
        sign_on(room, provider)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example.com"},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"aud": [CLIENT, "another"]},
        {"azp": "another"},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"nonce": "of another flow"},
        {"nonce": None},
    ],
)
def test_a_token_that_is_not_for_us_of_now_and_of_this_flow_is_refused(
    room: Accounts, provider: Provider, claims: dict[str, Any]
) -> None:
    person(room)

    with pytest.raises(NotAllowed, match=STALE):
        sign_on(room, provider, **claims)


def test_a_token_signed_by_somebody_else_is_refused(room: Accounts, provider: Provider) -> None:
    person(room)
    provider.signing = RSAKey.generate_key(2048, {"kid": "k1"}, auto_kid=False)

    with pytest.raises(NotAllowed, match=STALE):
        sign_on(room, provider)


def test_a_token_that_is_not_signed_at_all_is_refused(room: Accounts, provider: Provider) -> None:
    person(room)
    provider.algorithm = "none"

    with pytest.raises(NotAllowed, match=STALE):
        sign_on(room, provider)


def test_a_new_key_of_the_provider_is_fetched_when_it_is_first_seen(
    room: Accounts, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(room)
    sign_on(room, provider)
    monkeypatch.setattr("assistant.accounts.oidc.KEYS_REST_S", -1.0)
    provider.keys.append(RSAKey.generate_key(2048, {"kid": "k2"}, auto_kid=False))
    provider.signing = provider.keys[1]

    assert sign_on(room, provider).stored.name == "li.lei"


def test_a_flow_belongs_to_one_browser_once_and_for_a_while(
    room: Accounts, provider: Provider, clock: FixedClock
) -> None:
    person(room)
    flows = [room.sso.start(BACK) for _ in range(3)]
    agreed = [provider.agree(f.address) for f in flows]
    stranger, twice, late = zip(flows, agreed, strict=True)

    with pytest.raises(NotAllowed, match=STALE):
        room.sso.finish(*stranger[1], "the cookie of another browser", DOOR)
    with pytest.raises(NotAllowed, match=STALE):
        room.sso.finish(*stranger[1], stranger[0].browser, DOOR)
    provider.claims["nonce"] = provider.codes[twice[1][0]]["nonce"]
    room.sso.finish(*twice[1], twice[0].browser, DOOR)
    with pytest.raises(NotAllowed, match=STALE):
        room.sso.finish(*twice[1], twice[0].browser, DOOR)
    clock.advance(timedelta(minutes=11))
    with pytest.raises(NotAllowed, match=STALE):
        room.sso.finish(*late[1], late[0].browser, DOOR)
    with pytest.raises(NotAllowed, match=STALE):
        room.sso.finish("code", "made-up", "", DOOR)


def test_an_answer_of_another_issuer_is_refused(room: Accounts, provider: Provider) -> None:
    person(room)
    started = room.sso.start(BACK)
    code, state = provider.agree(started.address)

    with pytest.raises(NotAllowed, match=STALE):
        room.sso.finish(code, state, started.browser, DOOR, issuer="https://evil.example.com")


def test_by_email_only_a_verified_address_names_an_account(
    store: Database, clock: FixedClock, tmp_path: Path, provider: Provider
) -> None:
    room = made(store, clock, tmp_path, provider, claim="email", field="email")
    room.staff.add({"name": "li.lei", "title": "李雷", "role": "admin", "units": [], "email": "li@example.com"}, ADMIN)

    for verified in (None, False, "true"):
        with pytest.raises(NotAllowed, match=UNKNOWN):
            sign_on(room, provider, email="li@example.com", email_verified=verified)
    opened = sign_on(room, provider, email="LI@example.com", email_verified=True)

    assert opened.stored.name == "li.lei"


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example.com"},
        {"token_endpoint": "http://id.example.com/token"},
        {"issuer": None},
    ],
)
def test_a_discovery_document_that_does_not_fit_is_not_followed(
    room: Accounts, provider: Provider, document: dict[str, Any]
) -> None:
    provider.document = document

    with pytest.raises(ProviderDown):
        room.sso.start(BACK)


def test_a_provider_that_does_not_answer_is_down_and_no_more(room: Accounts, provider: Provider) -> None:
    provider.down = True

    with pytest.raises(ProviderDown):
        room.sso.start(BACK)
    provider.down = False

    person(room)
    assert sign_on(room, provider).stored.name == "li.lei"
