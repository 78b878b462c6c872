"""What comes in at the door: published vectors, another implementation's messages, and everything that must be refused."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from assistant.channels.official_account import meaning
from assistant.channels.official_account.crypto import BadPush, Seal, signature
from assistant.channels.official_account.push import Gate, Push, read_fields

APP, TOKEN, KEY = "wx2c2769f8efd9abc2", "spamtest", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OLD_KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
STAMP = "1714037059"
THEN = datetime.fromtimestamp(int(STAMP), UTC)


@pytest.mark.parametrize(
    ("token", "stamp", "nonce", "expected"),
    [
        ("AAAAA", "1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
        ("AAAAA", "1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696"),
    ],
)
def test_published_plain_signatures(token: str, stamp: str, nonce: str, expected: str) -> None:
    gate = Gate(APP, token, [], plain_allowed=True)
    query = {"signature": expected, "timestamp": stamp, "nonce": nonce, "echostr": "4375120948345356249"}

    echo = gate.greet(query, datetime.fromtimestamp(int(stamp), UTC))

    assert signature(token, stamp, nonce) == expected
    assert echo == "4375120948345356249"


PUBLISHED = (
    "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2LdJF9FrXp"
    "bUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6ux5VTjg3yt+WGzjlp"
    "Kn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD"
    "1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCzpu9GhglF2PE="
)


def test_the_published_message_of_safe_mode_is_let_in_and_read() -> None:
    stamp, nonce = "1409735669", "1320562132"
    query = {"timestamp": stamp, "nonce": nonce, "msg_signature": "5d197aaffba7e9b25a30732f161a50dee96bd5fa"}
    body = f"<xml><ToUserName>gh_10f6c3c3ac5a</ToUserName><Encrypt><![CDATA[{PUBLISHED}]]></Encrypt></xml>"

    push = Gate(APP, TOKEN, [KEY], plain_allowed=False).open(
        query, body.encode(), datetime.fromtimestamp(int(stamp), UTC)
    )

    assert push.text("Content") == "abcdteT"
    assert push.text("MsgId") == "6054768590064713728"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_what_another_implementation_sealed_is_opened_and_the_other_way_round(text: str) -> None:
    theirs, ours = WeChatCrypto(TOKEN, KEY, APP), Seal(APP, [KEY])

    fields, _ = read_fields(theirs.encrypt_message(text, "n", STAMP).encode())
    sealed = ours.seal(text)
    proof = signature(TOKEN, STAMP, "n", sealed)

    assert ours.open(fields["Encrypt"]) == text
    assert theirs.decrypt_message({"Encrypt": sealed}, proof, STAMP, "n") == text


def test_a_push_sealed_with_the_previous_key_is_still_opened() -> None:
    sealed = Seal(APP, [OLD_KEY]).seal("under the old key")

    opened = Seal(APP, [KEY, OLD_KEY]).open(sealed)

    assert opened == "under the old key"


def _gate(*, plain: bool = False) -> Gate:
    return Gate(APP, TOKEN, [KEY], plain_allowed=plain)


def _query(body: dict[str, str], **changes: str) -> dict[str, str]:
    proof = signature(TOKEN, STAMP, "n", body["Encrypt"])
    return {"timestamp": STAMP, "nonce": "n", "msg_signature": proof, **changes}


def _sealed(text: str = "<xml><MsgType>text</MsgType></xml>", app: str = APP, key: str = KEY) -> dict[str, str]:
    return {"Encrypt": Seal(app, [key]).seal(text)}


@pytest.mark.parametrize(
    ("reason", "query", "body"),
    [
        ("signature", {"msg_signature": "0" * 40}, _sealed()),
        ("signature", {"msg_signature": ""}, _sealed()),
        ("signature", {"nonce": "other"}, _sealed()),
        ("timestamp", {"timestamp": ""}, _sealed()),
        ("timestamp", {"timestamp": "１７１４"}, _sealed()),
        ("stale", {"timestamp": "1"}, _sealed()),
        ("app_id", {}, _sealed(app="wxSomebodyElse")),
        ("padding", {}, _sealed(key=OLD_KEY)),
        ("ciphertext", {}, {"Encrypt": "not base64!"}),
        ("ciphertext", {}, {"Encrypt": "AAAA"}),
        ("ciphertext", {}, {"Encrypt": ""}),
        ("xml", {}, _sealed("<xml><unclosed></xml>")),
        ("xml", {}, _sealed("nothing at all")),
    ],
)
def test_bad_pushes_are_refused_by_name(reason: str, query: dict[str, str], body: dict[str, str]) -> None:
    with pytest.raises(BadPush) as refused:
        _gate().open(_query(body, **query), json.dumps(body).encode(), THEN)

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"\xff\xfe", b"<xml>", b"{" * 100_000, b"<a>" * 100_000,
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><A>&b;</A></xml>',
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><A>&f;</A></xml>',
        b'<xml><!DOCTYPE x [<!ENTITY a "b">]><A>&a;</A></xml>', b"<xml><A>&a;</A></xml>",
        b"<xml>" + b"<a>" * 50 + b"</a>" * 50 + b"</xml>", b"<xml>" + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</xml>",
    ],
)  # fmt: skip
def test_bodies_that_are_no_message_are_refused(body: bytes) -> None:
    with pytest.raises(BadPush):
        read_fields(body)


def test_plain_pushes_are_refused_where_the_account_is_in_safe_mode() -> None:
    query = {"timestamp": STAMP, "nonce": "n", "signature": signature(TOKEN, STAMP, "n")}
    body = b"<xml><MsgType>text</MsgType><FromUserName>o</FromUserName></xml>"

    with pytest.raises(BadPush, match="not_sealed"):
        _gate().open(query, body, THEN)
    accepted = _gate(plain=True).open(query, body, THEN)

    assert accepted.text("MsgType") == "text"


@given(st.binary(max_size=400))
def test_no_body_is_worse_than_refused(body: bytes) -> None:
    query = {"timestamp": STAMP, "nonce": "n", "signature": signature(TOKEN, STAMP, "n")}

    try:
        push = _gate(plain=True).open(query, body, THEN)
        meaning.read(push, APP, THEN, window=THEN - THEN)
    except BadPush as refused:
        assert refused.reason


def _meaning(**fields: object) -> meaning.Meaning:
    push = Push({"FromUserName": "o1", "CreateTime": STAMP, **fields}, sealed=False, as_json=True)
    return meaning.read(push, APP, THEN, window=THEN - THEN)


def test_messages_are_known_by_id_and_events_by_time_and_key() -> None:
    message = _meaning(MsgType="text", MsgId="77", Content="在吗")
    no_id = _meaning(MsgType="text", MsgId="0", Content="在吗")
    other = _meaning(MsgType="text", MsgId="0", Content="在不在")
    click = _meaning(MsgType="event", Event="CLICK", EventKey="points")

    assert message.key == f"oa:{APP}:o1:77"
    assert no_id.key != other.key
    assert click.key == f"oa:o1:{STAMP}:CLICK:points"
    assert message.trigger == "message"
    assert click.trigger == "tap"


def test_a_tapped_choice_carries_its_id() -> None:
    tapped = _meaning(MsgType="text", MsgId="78", Content="满意", bizmsgmenuid="101")

    assert tapped.inbound is not None
    assert (tapped.inbound.text, tapped.inbound.value) == ("满意", "101")


@pytest.mark.parametrize(
    "answers",
    [
        {"List": {"TemplateId": "T1", "SubscribeStatusString": "accept"}},
        {"List": [{"TemplateId": "T1", "SubscribeStatusString": "accept"}, {"TemplateId": "T2"}]},
        [{"TemplateId": "T1", "SubscribeStatusString": "accept"}],
        {"TemplateId": "T1", "SubscribeStatusString": "accept"},
    ],
)
def test_consents_are_read_in_both_formats(answers: object) -> None:
    found = _meaning(MsgType="event", Event="subscribe_msg_popup_event", SubscribeMsgPopupEvent=answers)

    assert found.consents["T1"] is True


def test_places_beyond_the_earth_are_no_places() -> None:
    found = _meaning(MsgType="location", MsgId="1", Location_X="123.4", Location_Y="abc")

    assert found.inbound is not None
    assert found.inbound.lat is None
