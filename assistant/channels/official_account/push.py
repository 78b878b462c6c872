"""What WeChat posts to us, verified, opened and read into plain fields. Knows nothing of what it means.

Plain mode: the signature covers (token, timestamp, nonce). Safe mode: `msg_signature` covers the ciphertext too.
Compatible mode carries both, and is read as safe. A retry carries the same timestamp and nonce: neither is remembered.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring as parse_strictly

from assistant.channels.official_account.crypto import BadPush, Seal, check_signature, signature

MAX_SKEW = timedelta(minutes=10)
_DEPTH = 8


@dataclass(frozen=True)
class Push:
    """The fields of a push; `sealed` and `as_json` say how its answer must look."""

    fields: Mapping[str, Any]
    sealed: bool
    as_json: bool

    def text(self, name: str) -> str:
        """A field as text; empty where it is missing or no text."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""

    def number(self, name: str) -> float | None:
        try:
            return float(self.text(name))
        except ValueError:
            return None


class Gate:
    """Lets in what WeChat signed. `keys`: current and previous EncodingAESKey; empty where the account is in plain mode."""

    def __init__(self, app_id: str, token: str, keys: list[str], *, plain_allowed: bool) -> None:
        self._token = token
        self._seal = Seal(app_id, keys) if keys else None
        self._plain_allowed = plain_allowed

    def greet(self, query: Mapping[str, str], now: datetime) -> str:
        """Answer the check that WeChat makes when the address is entered: the echo string, if it is WeChat's."""
        self._fresh(query, now)
        check_signature(query.get("signature", ""), self._token, query.get("timestamp", ""), query.get("nonce", ""))
        return query.get("echostr", "")

    def open(self, query: Mapping[str, str], body: bytes, now: datetime) -> Push:
        """Verify and read a push. Raises BadPush with the reason."""
        self._fresh(query, now)
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if "msg_signature" not in query:
            if not self._plain_allowed:
                raise BadPush("not_sealed")
            check_signature(query.get("signature", ""), self._token, timestamp, nonce)
            fields, as_json = read_fields(body)
            return Push(fields, sealed=False, as_json=as_json)
        if self._seal is None:
            raise BadPush("no_key")
        outer, as_json = read_fields(body)
        ciphertext = outer.get("Encrypt")
        if not isinstance(ciphertext, str):
            raise BadPush("no_ciphertext")
        check_signature(query["msg_signature"], self._token, timestamp, nonce, ciphertext)
        fields, _ = read_fields(self._seal.open(ciphertext).encode())
        return Push(fields, sealed=True, as_json=as_json)

    def seal(self, answer: str, query: Mapping[str, str], *, as_json: bool) -> str:
        """Wrap an answer to a sealed push."""
        assert self._seal is not None
        ciphertext = self._seal.seal(answer)
        timestamp, nonce = query["timestamp"], query["nonce"]
        proof = signature(self._token, timestamp, nonce, ciphertext)
        if as_json:
            return json.dumps(
                {"Encrypt": ciphertext, "MsgSignature": proof, "TimeStamp": int(timestamp), "Nonce": nonce}
            )
        return (
            f"<xml><Encrypt><![CDATA[{ciphertext}]]></Encrypt><MsgSignature><![CDATA[{proof}]]></MsgSignature>"
            f"<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{cdata(nonce)}]]></Nonce></xml>"
        )

    @staticmethod
    def _fresh(query: Mapping[str, str], now: datetime) -> None:
        stamp = query.get("timestamp", "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
            raise BadPush("timestamp")
        if abs(now.timestamp() - int(stamp)) > MAX_SKEW.total_seconds():
            raise BadPush("stale")


def read_fields(body: bytes) -> tuple[dict[str, Any], bool]:
    """The fields of an XML or JSON body, and whether it was JSON."""
    if body.lstrip()[:1] == b"{":
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            raise BadPush("json") from None
        return dict(found), True
    try:
        root = _root(body)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise BadPush("xml") from None
    fields = _value(root, 0)
    if not isinstance(fields, dict):
        raise BadPush("xml")
    return fields, False


def _root(body: bytes) -> Element:
    """No DTD: entities are how an XML reader is blown up or made to read files. Where the root comes first, as WeChat
    writes it, there can be none, and the plain reader is safe. Expat and not lxml, which lets go of the interpreter at each
    document and waits for it again while others are busy."""
    if body.startswith(b"<xml"):
        return ElementTree.fromstring(body)
    root: Element = parse_strictly(body, forbid_dtd=True)
    return root


def _value(element: Element, depth: int) -> Any:
    if depth > _DEPTH:
        raise BadPush("xml")
    if len(element) == 0:
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        name, value = child.tag, _value(child, depth + 1)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def cdata(text: str) -> str:
    """Text that may stand inside a CDATA section."""
    return text.replace("]]>", "]]]]><![CDATA[>")
