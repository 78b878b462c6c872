"""A domain reply in WeChat's forms: the text of a passive reply, and the customer messages that carry what is left.

A customer message here is its JSON without `touser`. Choices are links in the text that send their words when tapped;
pushed alone and short, they are a menu message.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from assistant.channels.official_account.push import cdata
from assistant.channels.official_account.text import LIMIT, plain, size, split
from assistant.domain.message import Choice, Reply

Part = dict[str, Any]
_TAG = re.compile(r"<(?=[a-zA-Z/!])")
_MENU_HEAD = 1024
_MENU_ITEMS = 10
LABEL = "（AI生成）"


@dataclass(frozen=True)
class Look:
    """How an account shows replies. `public_url`: where our pages are reached from outside; empty: no links to them."""

    public_url: str = ""
    label: str = LABEL


def words(reply: Reply, look: Look, *, links: bool = True) -> str:
    """The whole reply as text with links."""
    lines = [_TAG.sub("＜", plain(reply.text))]
    if reply.download and look.public_url:
        lines.append(f'<a href="{look.public_url}{reply.download}">点击下载</a>')
    lines += [f'<a href="{link.url}">{plain(link.label)}</a>' for link in reply.links]
    if reply.citations:
        titles = dict.fromkeys(plain(c.title) for c in reply.citations[:2])
        lines.append("依据：" + "、".join(f"《{t}》" for t in titles))
    if links:
        offered = [_link(n, c) for n, c in enumerate(choices(reply), start=1)]
        if reply.confirm:  # yes and no stand beside each other
            offered = ["　　".join(offered[:2]), *offered[2:]]
        lines += offered
    return "\n".join(line for line in lines if line)


def choices(reply: Reply) -> list[Choice]:
    """What can be tapped, each once: the answer to a confirmation first, then quick replies, then those of cards."""
    found = (
        [Choice(reply.confirm.yes, reply.confirm.yes), Choice(reply.confirm.no, reply.confirm.no)]
        if reply.confirm
        else []
    )
    found += [*reply.choices, *(c for card in reply.cards for c in card.choices)]
    return list({c.send: c for c in found if c.send}.values())[:_MENU_ITEMS]


def _link(number: int, choice: Choice) -> str:
    label = plain(choice.label).replace("<", "＜").replace(">", "＞")
    return f'<a href="weixin://bizmsgmenu?msgmenucontent={quote(choice.send)}&msgmenuid={number}">{label}</a>'


def passive(
    replies: Sequence[Reply | list[Part]], look: Look, *, by_ai: bool = True, more: str = ""
) -> tuple[str, list[Part]]:
    """The text that a response can carry for these replies (or parts of earlier ones), and what is left over.

    `more` is said at the end where something is left that only the shopper's next message can fetch.
    """
    text = "\n\n".join(words(r, look) if isinstance(r, Reply) else _parts_as_text(r) for r in replies)
    label = f"\n{look.label}" if by_ai and look.label else ""
    first, *rest = _split_whole_links(text, LIMIT - size(label)) or [""]
    if rest and more:
        label = f"\n{more}{label}"
        first, *rest = _split_whole_links(text, LIMIT - size(label))
    return (first + label if first else ""), [text_part(piece) for piece in rest]


def _parts_as_text(parts: list[Part]) -> str:
    """What was to be pushed, as one text: a menu message with its choices as links."""
    texts = [piece for p in parts for piece in (halve(p) if p["msgtype"] == "msgmenu" else [p])]
    return "\n".join(p["text"]["content"] for p in texts if p["msgtype"] == "text")


def parts(reply: Reply, look: Look) -> list[Part]:
    """The customer messages of a reply, in order. The last carries the choices."""
    offered = choices(reply)
    text = words(reply, look, links=False)
    if offered and all(c.label == c.send for c in offered) and size(text) <= _MENU_HEAD:
        items = [{"id": str(n), "content": c.send} for n, c in enumerate(offered, start=1)]
        return [{"msgtype": "msgmenu", "msgmenu": {"head_content": text, "list": items, "tail_content": ""}}]
    return [text_part(piece) for piece in _split_whole_links(words(reply, look), LIMIT)]


def text_part(text: str) -> Part:
    return {"msgtype": "text", "text": {"content": text}}


def halve(part: Part) -> list[Part]:
    """A text that WeChat found too long after all, in two; of a menu message, its words and then its choices as links."""
    if part["msgtype"] == "msgmenu":
        menu = part["msgmenu"]
        links = [_link(int(item["id"]), Choice(item["content"], item["content"])) for item in menu["list"]]
        return [text_part(text) for text in (menu["head_content"], "\n".join(links)) if text]
    if part["msgtype"] != "text" or size(part["text"]["content"]) < 200:
        return []
    content = part["text"]["content"]
    return [text_part(piece) for piece in _split_whole_links(content, max(100, size(content) * 3 // 5))]


def _split_whole_links(text: str, limit: int) -> list[str]:
    """Split, never inside a link: links stand on lines of their own at the end."""
    head: list[str] = []
    links: list[str] = []
    for line in text.split("\n"):
        (links if line.startswith("<a ") else head).append(line)
    pieces = split("\n".join(head), limit) if head else []
    for link in links:
        if pieces and size(pieces[-1]) + 1 + size(link) <= limit:
            pieces[-1] += "\n" + link
        elif size(link) <= limit:
            pieces.append(link)
    return pieces


def passive_xml(text: str, to: str, account: str, now: datetime) -> str:
    """A passive text reply."""
    return (
        f"<xml><ToUserName><![CDATA[{cdata(to)}]]></ToUserName><FromUserName><![CDATA[{cdata(account)}]]></FromUserName>"
        f"<CreateTime>{int(now.timestamp())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{cdata(text)}]]></Content></xml>"
    )


def passive_json(text: str, to: str, account: str, now: datetime) -> dict[str, Any]:
    """The same for an account whose pushes are JSON."""
    return {
        "ToUserName": to,
        "FromUserName": account,
        "CreateTime": int(now.timestamp()),
        "MsgType": "text",
        "Content": text,
    }
