"""What an operator says about the account in a file: welcome, keywords, menu, scenes, notices. Validated, reloaded."""

import threading
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assistant import logs
from assistant.channels.official_account.text import size
from assistant.errors import ConfigError

log = logs.get("wechat")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Canned(_Strict):
    """A fixed reply. `{brand}` and `{store}` are filled in."""

    text: str = Field(min_length=1, max_length=600)
    choices: list[str] = Field(default=[], max_length=10)


class Welcome(_Strict):
    plain: Canned
    store: Canned
    campaigns: dict[str, Canned] = {}


class Keyword(_Strict):
    """Words that, alone in a message, get a fixed reply or stand for other words."""

    words: list[str] = Field(min_length=1)
    reply: Canned | None = None
    means: str = ""
    bind: Literal["", "bind", "unbind"] = ""

    @model_validator(mode="after")
    def one_of(self) -> "Keyword":
        if sum((self.reply is not None, bool(self.means), bool(self.bind))) != 1:
            raise ValueError("a keyword needs exactly one of reply, means and bind")
        return self


class Button(_Strict):
    """A button of the menu, in WeChat's own words."""

    name: str
    type: str = ""
    key: str = ""
    url: str = ""
    appid: str = ""
    pagepath: str = ""
    sub_button: list["Button"] = []

    @model_validator(mode="after")
    def within_limits(self) -> "Button":
        if not 0 < size(self.name) <= 60:
            raise ValueError(f"the name {self.name} has more than 60 bytes")
        if len(self.sub_button) > 5:
            raise ValueError(f"{self.name} has more than 5 sub-buttons")
        if bool(self.sub_button) == bool(self.type):
            raise ValueError(f"{self.name} needs either a type or sub-buttons")
        needs = {"view": ["url"], "miniprogram": ["url", "appid", "pagepath"]}.get(
            self.type, ["key"] if self.type else []
        )
        if missing := [n for n in needs if not getattr(self, n)]:
            raise ValueError(f"{self.name} needs {', '.join(missing)}")
        if size(self.key) > 128 or size(self.url) > 1024:
            raise ValueError(f"key or url of {self.name} is too long")
        return self


class Menu(_Strict):
    button: list[Button] = Field(max_length=3)

    @model_validator(mode="after")
    def short_names(self) -> "Menu":
        for button in self.button:
            if size(button.name) > 16:
                raise ValueError(f"the name {button.name} has more than 16 bytes")
        return self

    def as_wechat(self) -> dict[str, Any]:
        """The menu as WeChat takes it."""
        return self.model_dump(exclude_defaults=True)


class Notice(_Strict):
    """A message outside a conversation. `fields`: WeChat's field name to text with {names} of what is told."""

    template_id: str = ""
    subscribe_id: str = ""
    fields: dict[str, str] = {}
    page: str = ""
    text: str = ""  # as a customer message, where a window is open


class MiniProgram(_Strict):
    """The mini-program whose cards may follow a reply: kind of card to page."""

    app_id: str
    thumb: Path
    pages: dict[str, str]


class Article(_Strict):
    title: str
    description: str = ""
    url: str
    picurl: str = ""


class Profile(_Strict):
    welcome: Welcome
    keywords: list[Keyword] = []
    taps: dict[str, str] = {}
    menu: Menu = Menu(button=[])
    notices: dict[str, Notice] = {}
    mini_program: MiniProgram | None = None
    news: dict[str, Article] = {}
    nudges: list[str]
    waiting: str
    more: str
    kept: dict[str, str]

    @model_validator(mode="after")
    def keys_mean_something(self) -> "Profile":
        keys = {b.key for top in self.menu.button for b in [top, *top.sub_button] if b.type == "click"}
        if unknown := sorted(keys - self.taps.keys()):
            raise ValueError(f"menu keys without an entry under taps: {', '.join(unknown)}")
        return self

    def keyword(self, text: str) -> Keyword | None:
        """The keyword that a message is, if it is one."""
        said = text.strip().lower().rstrip("。.!！~")
        return next((k for k in self.keywords if said in (w.lower() for w in k.words)), None)


def load(path: Path) -> Profile:
    """Read and validate. Raises ConfigError with file and reason."""
    try:
        return Profile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"{path}: {error}") from error


class ProfileFile:
    """The newest good profile. Threads share it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._current = load(path)
        self._seen = self._stamp()

    def _stamp(self) -> int:
        """When the file was changed; 0 while it is away, as it is for a moment where an editor puts a new one in its place."""
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0

    def get(self) -> Profile:
        stamp = self._stamp()
        if stamp != self._seen:
            with self._lock:
                self._seen = stamp
                try:
                    self._current = load(self._path)
                except ConfigError as error:
                    log.error("profile_refused", cause=str(error))
        return self._current
