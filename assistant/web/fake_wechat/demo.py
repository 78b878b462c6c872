"""The platform as the demo uses it: mounted in the service itself, its followers bound to the demo members, its codes made."""

from pydantic import SecretStr

from assistant.bootstrap import Service
from assistant.config import WeChatSettings
from assistant.web.fake_wechat.platform import FakeWeChat
from assistant.web.fake_wechat.push import over_http
from assistant.web.fake_wechat.samples import DEMO_ACCOUNT, DEMO_STORES, DEMO_USERS

MOUNT = "/fake-wechat"


def demo_settings(given: WeChatSettings, port: int) -> WeChatSettings:
    """Settings of an Official Account whose WeChat is the platform mounted at this port."""
    here = f"http://127.0.0.1:{port}"
    return given.model_copy(
        update={
            "fake": True,
            "app_id": DEMO_ACCOUNT.appid,
            "secret": SecretStr(DEMO_ACCOUNT.secret),
            "token": SecretStr(DEMO_ACCOUNT.token),
            "aes_key": SecretStr(DEMO_ACCOUNT.aes_key),
            "mode": "safe",
            "public_url": given.public_url or here,
            "api_url": here + MOUNT,
            "oauth_url": here + MOUNT,
        }
    )


def demo_platform(service: Service) -> FakeWeChat:
    """The platform for a service's settings, with its demo users, their bindings, the menu and codes to scan."""
    w = service.settings.wechat
    port = service.settings.web.port
    platform = FakeWeChat(
        mode="safe", deliver=over_http(f"http://127.0.0.1:{port}/wechat/official"), background=True,
        public_url=f"{w.public_url}{MOUNT}",
    )  # fmt: skip
    platform.add_demo_users()
    platform.menu = service.official_account.profile.get().menu.as_wechat()["button"]
    for scene in (
        *(f"store:{store}" for store in DEMO_STORES),
        *service.official_account.profile.get().welcome.campaigns,
    ):
        platform.add_qr(scene)
    for openid, (_, phone) in DEMO_USERS.items():
        if not platform.users[openid].subscribed:
            continue  # the newcomer, who may try binding
        if member := service.merchant.membership.by_phone(phone):
            service.official_account.binding.bind(openid, member)
    return platform
