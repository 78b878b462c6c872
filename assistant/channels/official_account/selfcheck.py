"""`zhike wechat check`: what an Official Account has, and what is missing, in plain words."""

import difflib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
import yaml

from assistant.channels.official_account import CALLBACK
from assistant.channels.official_account.account import OfficialAccount
from assistant.channels.official_account.crypto import signature
from assistant.channels.official_account.errors import WeChatDown, WeChatRefused
from assistant.config import Settings

SEND = "/cgi-bin/message/custom/send"


@dataclass(frozen=True)
class Finding:
    """`level`: ok, warn (works, but less) or bad (does not work)."""

    subject: str
    level: Literal["ok", "warn", "bad"]
    words: str


def findings(
    account: OfficialAccount, settings: Settings, *, transport: httpx.BaseTransport | None = None
) -> list[Finding]:
    """Everything that can be found out from here, in the order in which it has to be mended.

    `transport`: another way to our public address than the network.
    """
    found = [_mode(account), _kind(account), _public(account)]
    if account.settings.public_url:
        found.append(_callback(account, transport))
    token = _asked("密钥", "AppID 和 AppSecret 有效，access_token 已取得", lambda: _token(account))
    found.append(token)
    if token.level == "ok":
        found += [
            _asked("客服消息", "可以发送，今天还剩 {}", lambda: _left(account), may=account.settings.verified),
            _menu(account),
        ]
    found += [_binding(account, settings), _voice(settings), _notices(account)]
    return found


def menu_difference(account: OfficialAccount) -> list[str]:
    """A unified diff from the menu as it is online to the one in the file; empty where they agree."""
    online = _tidy(account.api.menu())
    ours = _tidy(account.profile.get().menu.as_wechat())
    lines = difflib.unified_diff(_yaml(online), _yaml(ours), "线上", "文件", lineterm="", n=2)
    return list(lines)


def _tidy(menu: dict[str, Any]) -> Any:
    """WeChat gives empty sub-menus back that were never sent."""

    def one(button: dict[str, Any]) -> dict[str, Any]:
        kept = {k: v for k, v in button.items() if v not in ("", [], None)}
        if "sub_button" in kept:
            kept["sub_button"] = [one(b) for b in kept["sub_button"]]
        return kept

    return {"button": [one(b) for b in menu.get("button", [])]}


def _yaml(menu: Any) -> list[str]:
    return str(yaml.safe_dump(menu, allow_unicode=True, sort_keys=True)).splitlines()


def _asked(subject: str, words: str, act: Callable[[], Any], *, may: bool = True) -> Finding:
    if not may:
        return Finding(subject, "warn", "未认证账号没有这个能力：慢的回答会先留着，等顾客再发一条消息时给出")
    try:
        return Finding(subject, "ok", words.format(act()))
    except WeChatRefused as error:
        return Finding(subject, "bad", f"{error.verdict.words}（{error}）")
    except WeChatDown as error:
        return Finding(subject, "bad", f"连不上微信服务器：{error}")


def _token(account: OfficialAccount) -> None:
    account.api.prove_secret()
    account.api.callback_ips()


def _left(account: OfficialAccount) -> str:
    quota = account.api.quota(SEND)
    return f"{quota.get('remain', '?')} / {quota.get('daily_limit', '?')} 条"


def _mode(account: OfficialAccount) -> Finding:
    mode = account.settings.mode
    if mode == "safe":
        return Finding("消息加密", "ok", "安全模式")
    return Finding("消息加密", "warn", f"{mode} 模式：推送内容不加密，建议在公众平台改为安全模式")


def _kind(account: OfficialAccount) -> Finding:
    kind = {"service": "服务号", "subscription": "订阅号"}[account.settings.account]
    if account.settings.verified:
        return Finding("账号", "ok", f"已认证{kind}")
    return Finding("账号", "warn", f"未认证{kind}：没有客服消息、网页授权、模板消息和带场景的二维码")


def _public(account: OfficialAccount) -> Finding:
    url = account.settings.public_url
    if not url:
        return Finding("公网地址", "bad", "没有设置 ZHIKE_WECHAT__PUBLIC_URL，绑定页和下载链接无法打开")
    if urlsplit(url).scheme != "https" and not account.settings.fake:
        return Finding("公网地址", "bad", f"{url} 不是 https，微信不会打开")
    return Finding("公网地址", "ok", f"{url}；回调地址填 {url}{CALLBACK}")


def _callback(account: OfficialAccount, transport: httpx.BaseTransport | None) -> Finding:
    """Knock at the public address as WeChat's console does: a signed GET whose `echostr` has to come back."""
    stamp, nonce, echo = str(int(account.clock.now().timestamp())), str(secrets.randbelow(10**9)), secrets.token_hex(8)
    proof = signature(account.settings.token.get_secret_value(), stamp, nonce)
    query = {"signature": proof, "timestamp": stamp, "nonce": nonce, "echostr": echo}
    try:
        with httpx.Client(timeout=5.0, transport=transport) as client:
            answer = client.get(account.settings.public_url.rstrip("/") + CALLBACK, params=query)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Finding("回调", "warn", f"从这台机器打不开公网地址（{error}），请确认服务已启动、域名和证书有效")
    if answer.status_code == 200 and answer.text == echo:
        return Finding("回调", "ok", "公网地址打得开，签名验证通过")
    if answer.status_code == 403 and answer.text == "refused":  # ours; a provider's page for domains says 403 too
        return Finding("回调", "bad", "公网地址上的服务不认这里的 Token，两边的 ZHIKE_WECHAT__TOKEN 要一致")
    return Finding("回调", "bad", f"公网地址回了 HTTP {answer.status_code}，不是知客的回调，请检查域名和反向代理")


def _menu(account: OfficialAccount) -> Finding:
    try:
        lines = menu_difference(account)
    except WeChatRefused as error:
        return Finding("菜单", "warn", f"{error.verdict.words}（{error}）")
    except WeChatDown as error:
        return Finding("菜单", "bad", f"连不上微信服务器：{error}")
    if lines:
        return Finding("菜单", "warn", "线上与文件不一致，看 `zhike wechat menu diff`，发布用 `zhike wechat menu push`")
    return Finding("菜单", "ok", "与文件一致")


def _binding(account: OfficialAccount, settings: Settings) -> Finding:
    if not (settings.sms.url or settings.sms.demo or settings.web.demo_accounts):
        return Finding("会员绑定", "bad", "没有设置短信接口 ZHIKE_SMS__URL，顾客收不到验证码")
    if account.binding.by_oauth:
        return Finding("会员绑定", "ok", "微信网页授权 + 短信验证码；网页授权域名要在公众平台填好")
    return Finding("会员绑定", "warn", "没有网页授权，用一次性链接 + 短信验证码")


def _voice(settings: Settings) -> Finding:
    if settings.transcription.base_url:
        return Finding("语音", "ok", f"用 {settings.transcription.model} 转写")
    return Finding("语音", "warn", "没有设置转写接口，录音会保留给人工听")


def _notices(account: OfficialAccount) -> Finding:
    notices = account.profile.get().notices
    if bare := [name for name, n in notices.items() if not (n.template_id or n.subscribe_id)]:
        return Finding("通知", "warn", f"{'、'.join(bare)} 没有模板，只有在顾客48小时内发过消息时才送得到")
    return Finding("通知", "ok", f"{len(notices)} 种")
