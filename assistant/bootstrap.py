"""Settings → wired service. The only place of wiring; every part is imported and built when first asked for.

So a command pays for what it uses, and the door for WeChat opens before the rest of a service is there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

import httpx

from assistant import logs
from assistant.channels.web_chat import LiveChat
from assistant.clock import Clock
from assistant.config import Settings
from assistant.db.engine import Database
from assistant.errors import ConfigError
from tools.errors import BackendDown

if TYPE_CHECKING:
    from assistant.accounts.room import Accounts
    from assistant.agent.playbook import PlaybookFiles
    from assistant.agent.router import Router
    from assistant.agent.second_look import SecondLook
    from assistant.agent.turn import Agent
    from assistant.channels.official_account.account import OfficialAccount
    from assistant.channels.sms import SmsCourier, SmsPort
    from assistant.chatbi.wordings import Wordings
    from assistant.feedback.tagger import Tagger
    from assistant.feedback.taxonomy import TreeFile
    from assistant.journeys.experience_moment import Moments
    from assistant.journeys.feedback import Understanding
    from assistant.journeys.listening import Corrections
    from assistant.journeys.ops_question import OpsQuestions
    from assistant.journeys.problems import Problems
    from assistant.journeys.shopper_message import ShopperMessages
    from assistant.journeys.topics import Study, Topics
    from assistant.llm.client import Llm
    from assistant.llm.local import LocalServer
    from assistant.llm.states import HiddenStates
    from assistant.merchant.http import HttpBackend
    from assistant.privacy.rights import PrivacyRights
    from assistant.surveys.doubts import Names
    from assistant.surveys.letters import Letters
    from assistant.surveys.options import Sense
    from assistant.surveys.talk import SurveyTalk
    from assistant.surveys.ways import Ways
    from tools.catalog import CatalogCache
    from tools.ports import Merchant, Ports
    from tools.registry import ToolContext
    from tools.remote import RemoteTools
    from vectorstore.embed import Embedder
    from vectorstore.retrieve import Retriever

# idle OpenMP threads must not spin: on two cores they would starve the language model
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
os.environ.setdefault("LANGSMITH_TRACING", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

log = logs.get("bootstrap")
T = TypeVar("T")


class part(cached_property[T]):  # noqa: N801  a decorator, as its base is
    """A part of a service, built by whichever thread asks first while the others wait: there is one of each.

    Each has a lock of its own: a push that needs a store's name does not wait for a slow part that it never asks for.
    """

    def __init__(self, build: Callable[[Any], T]) -> None:
        super().__init__(build)
        self._building = threading.RLock()

    @overload
    def __get__(self, service: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(self, service: object, owner: Any = None) -> T: ...
    def __get__(self, service: Any, owner: Any = None) -> Self | T:
        if service is None:
            return self
        with self._building:
            built: T = super().__get__(service, owner)
            return built


class Service:
    """All parts of one process. Tests hand in their own clock, model or way to WeChat."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        llm: Llm | None = None,
        wechat: httpx.BaseTransport | None = None,
        oidc: httpx.BaseTransport | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock or Clock()
        self._given_llm = llm
        self._wechat_transport = wechat
        self._oidc_transport = oidc
        self.work_to_do = threading.Event()
        self.to_deliver = threading.Event()

    @part
    def database(self) -> Database:
        return Database(self.settings.store_url)

    @part
    def merchant(self) -> Merchant:
        from assistant.merchant.demo import demo_merchant
        from assistant.merchant.http import http_merchant

        if self.settings.merchant.kind == "http":
            return http_merchant(self.http_backend)
        return demo_merchant(self.database, self.clock)

    @part
    def http_backend(self) -> HttpBackend:
        from assistant.merchant.http import HttpBackend

        return HttpBackend(self.settings.merchant)

    @part
    def embedder(self) -> Embedder:
        from vectorstore.embed import embedder

        return embedder(self.settings.retrieval.embedding_model)

    @part
    def retriever(self) -> Retriever:
        from vectorstore.retrieve import Retriever

        return Retriever(self.settings.index_config, embed=self.embedder)

    @part
    def rights(self) -> PrivacyRights:
        from assistant.privacy.rights import PrivacyRights

        return PrivacyRights(self.database, self.clock, self.settings.data_dir / "exports")

    @part
    def ports(self) -> Ports:
        from assistant.agent.knowledge import IndexedKnowledge
        from assistant.journeys.problems import KnownFixes
        from assistant.routing.queue import HandoffQueue
        from assistant.tickets.desk import TicketDesk
        from tools.ports import Ports

        knowledge = KnownFixes(IndexedKnowledge(self.retriever, self.settings.retrieval.top_k), lambda: self.problems)
        return Ports(
            merchant=self.merchant,
            tickets=TicketDesk(self.database, self.clock),
            privacy=self.rights,
            handoff=HandoffQueue(self.database, self.clock),
            knowledge=knowledge,
            fixes=knowledge,
        )

    @part
    def catalog(self) -> CatalogCache:
        from tools.catalog import CatalogCache

        return CatalogCache(self.merchant)

    @part
    def remote(self) -> RemoteTools | None:
        """The tools of the retailer's MCP servers, where there are any; they stand beside our own from now on."""
        from tools.all import TOOLS
        from tools.remote import RemoteTools

        path = self.settings.agent.mcp_servers
        if path is None:
            return None
        try:
            found = RemoteTools(path)
        except ValueError as error:
            raise ConfigError(str(error)) from error
        if taken := found.tools.keys() & TOOLS.keys():
            found.close()
            raise ConfigError(f"{path}: {', '.join(sorted(taken))} is the name of a tool of ours")
        for name, cause in found.down.items():
            log.error("mcp_server_down", server=name, cause=cause)
        TOOLS.update(found.tools)
        return found

    @part
    def playbook(self) -> PlaybookFiles:
        from assistant.agent.playbook import Intent, PlaybookFiles

        offered = self.remote.offered if self.remote else {}
        more = [Intent(intent=n, hint=o.hint, examples="\n".join(o.examples)) for n, o in offered.items()]
        return PlaybookFiles(self.settings.agent.playbook, more)

    @part
    def router(self) -> Router:
        from assistant.agent.mentions import plain
        from assistant.agent.router import Router

        return Router(
            self.playbook.get,
            self.embedder,
            lambda text: plain(text, self.catalog.get()),
            self.settings.data_dir / "router",
            lambda: self.catalog.get().named,
        )

    @part
    def local_server(self) -> LocalServer:
        from assistant.llm.local import LocalServer

        return LocalServer(self.settings.llm, self.settings.data_dir / "llm")

    @part
    def llm(self) -> Llm:
        from assistant.llm.client import connect

        if self._given_llm is not None:
            return self._given_llm
        embedded = self.local_server if self.settings.llm.kind == "embedded" else None
        return connect(self.settings.llm, embedded=embedded)

    @part
    def states(self) -> HiddenStates | None:
        """None where the model is not the embedded one."""
        from assistant.llm.states import HiddenStates

        embedded = self.settings.llm.kind == "embedded" and self._given_llm is None
        return HiddenStates(self.settings.llm, self.local_server) if embedded else None

    @part
    def second_look(self) -> SecondLook:
        from assistant.agent.second_look import SHIPPED, SecondLook

        return SecondLook(self.states, (self.settings.data_dir / "router" / SHIPPED.name, SHIPPED))

    @part
    def agent(self) -> Agent:
        from assistant.agent.turn import Agent

        return Agent(
            self.settings.agent,
            ports=self.ports,
            catalog=self.catalog,
            playbook=self.playbook.get,
            router=self.router,
            second=self.second_look,
            llm=self.llm,
            clock=self.clock,
            brand=self.settings.brand_name,
            native_tools=self.settings.llm.strong,
        )

    @part
    def live(self) -> LiveChat:
        return LiveChat()

    @part
    def shopper_messages(self) -> ShopperMessages:
        from assistant.journeys.shopper_message import ShopperMessages

        return ShopperMessages(
            self.database,
            self.agent,
            self.live,
            self.clock,
            lease=timedelta(seconds=self.settings.worker.lease_s),
            max_attempts=self.settings.worker.max_attempts,
            wake=self.work_to_do.set,
            reception=self.official_account.reception if self.settings.wechat.app_id else None,
            surveys=self.survey_talk,
        )

    def store_name(self, store_id: str) -> str | None:
        """The name of a store, None where there is none."""
        return store.name if (store := self.catalog.get().stores.get(store_id)) else None

    @part
    def survey_talk(self) -> SurveyTalk:
        from assistant.surveys.talk import SurveyTalk

        return SurveyTalk(
            self.database, self.clock, self.ports, brand=self.settings.brand_name, store_name=self.store_name,
            folder=self.settings.data_dir / "attachments", tag=self._sentiment_and_aspects, sense=self.survey_sense,
            elsewhere=self._never_for_a_survey,
        )  # fmt: skip

    @part
    def survey_sense(self) -> Sense:
        """What words to a survey are about: leaves of the tree of aspects, and vectors."""
        from assistant.surveys.by_model import ModelReader
        from assistant.surveys.options import Sense

        return Sense(
            lambda text: self._sentiment_and_aspects(text)[1],
            lambda texts: self.embedder.queries(texts),
            lambda text: self.tagger.tag(text).score,
            ModelReader(self.llm, choices=self.settings.llm.kind == "openai").read,
        )

    def _never_for_a_survey(self, text: str) -> bool:
        """Danger and calls for a person come before any question of ours."""
        return "人工" in text or any(word in text for word in self.playbook.get().policy.safety_words)

    def _sentiment_and_aspects(self, text: str) -> tuple[str, frozenset[str]]:
        tags = self.tagger.tag(text)
        return tags.sentiment, frozenset(a.leaf for a in tags.aspects)

    @part
    def moments(self) -> Moments:
        """Raises ConfigError where a survey or a rule is wrong."""
        from assistant.journeys.experience_moment import Moments
        from assistant.surveys.files import read_surveys
        from assistant.surveys.rules import read_rules
        from assistant.surveys.shelf import Shelf

        files = self.settings.moments
        shelf = Shelf(self.database, read_surveys(files.surveys), self.clock)
        return Moments(
            self.database, self.clock, shelf, read_rules(files.rules, shelf.files, shelf.current),
            self.ports, self.live,
            ways=self.ways, letters=self.letters, delivered=self.to_deliver.set,
            attitudes=lambda member: self.understanding.attitude_tags(member),
        )  # fmt: skip

    def rule_names(self) -> Names:
        """What the rules of invitations may speak of; nothing is known where the retailer's systems are down."""
        from assistant.surveys.doubts import Names, names_of

        try:
            return names_of(self.catalog.get(), self.aspects.get().names)
        except BackendDown:
            return Names()

    @part
    def ways(self) -> Ways:
        """In what ways this installation can invite to a survey."""
        from assistant.surveys.ways import NOTICE_NAME, Means, Ways

        w, link = self.settings.wechat, bool(self.settings.survey_url)
        texts = self.settings.sms.per_day if self.sms is not None else 0
        if not (w.app_id and w.verified):
            return Ways(Means(link=link, sms_per_day=texts))
        return Ways(Means(
            account=w.app_id, keep_messages=w.keep_messages, templates=w.account == "service", link=link,
            notice=lambda: self.official_account.profile.get().notices.get(NOTICE_NAME), sms_per_day=texts,
        ))  # fmt: skip

    @part
    def letters(self) -> Letters:
        from assistant.surveys.letters import Letters

        return Letters(brand=self.settings.brand_name, url=self.settings.survey_url, store_name=self.store_name)

    @part
    def sms(self) -> SmsPort | None:
        from assistant.channels.sms import sms_port

        return sms_port(self.settings.sms, self.settings.data_dir)

    @part
    def sms_courier(self) -> SmsCourier:
        """Only where there is a way to phones."""
        from assistant.channels.sms import SmsCourier

        assert self.sms is not None
        return SmsCourier(self.database, self.clock, self.sms, self.merchant.membership.phone)

    @part
    def official_account(self) -> OfficialAccount:
        """The WeChat channel. Only where `wechat.app_id` is set."""
        from assistant.channels.official_account.account import OfficialAccount

        return OfficialAccount(
            self.settings,
            self.database,
            self.clock,
            member_of=lambda phone: self.merchant.membership.by_phone(phone),
            store_name=self.store_name,
            sms=self.sms,
            transport=self._wechat_transport,
        )

    @part
    def accounts(self) -> Accounts:
        from assistant.accounts.room import Accounts

        return Accounts(self.settings, self.database, self.clock, oidc=self._oidc_transport)

    @part
    def ops_questions(self) -> OpsQuestions:
        from assistant.journeys.ops_question import OpsQuestions
        from assistant.mart.versions import versions

        return OpsQuestions(
            versions(self.settings.mart_dir, self.settings.mart.url.get_secret_value()),
            self.clock,
            llm=self.llm,
            time_limit_s=self.settings.chatbi.time_limit_s,
            model_budget_s=self.settings.chatbi.model_budget_s,
            explore_budget_s=self.settings.chatbi.explore_budget_s if self.settings.chatbi.explore else 0.0,
            trust_model=self.settings.llm.strong,
            database=self.database,
            wordings=self.wordings,
        )

    @part
    def wordings(self) -> Wordings:
        """How people describe metrics."""
        from assistant.chatbi.catalogue import catalogue
        from assistant.chatbi.wordings import Wordings

        return Wordings(catalogue(), lambda: self.embedder, self.settings.data_dir / "wordings")

    @part
    def tagger(self) -> Tagger:
        """Reads what shoppers say. Raises ConfigError where the tree or the weights cannot be read."""
        from assistant.feedback.judge import ModelJudge
        from assistant.feedback.tagger import Tagger
        from assistant.feedback.weights import load

        chosen = self.settings.feedback
        embed = self.embedder.queries if chosen.embed else None
        judge = ModelJudge(self.llm, chosen.model_budget_s) if chosen.model_budget_s > 0 else None
        return Tagger(self.aspects.get, weights=load(chosen.weights), embed=embed, judge=judge)

    @part
    def understanding(self) -> Understanding:
        from assistant.journeys.feedback import Understanding

        return Understanding(self.database, lambda: self.tagger, self.clock)

    @part
    def corrections(self) -> Corrections:
        from assistant.journeys.listening import Corrections

        return Corrections(self.database, self.aspects, lambda: self.tagger, self.clock)

    @part
    def aspects(self) -> TreeFile:
        """The tree of aspects with the leaves that were added on the page; without the weights that read for it."""
        from assistant.feedback.taxonomy import TreeFile

        return TreeFile(self.settings.feedback.aspects, self.settings.added_aspects)

    @part
    def topics(self) -> Topics:
        from assistant.journeys.topics import Topics

        return Topics(
            self.database, self.understanding, self.aspects, lambda texts: self.embedder.queries(texts), self.clock,
            wake=self.to_deliver.set,
        )  # fmt: skip

    @part
    def problems(self) -> Problems:
        from assistant.journeys.problems import Problems

        return Problems(self.database, lambda: self.tagger, self.clock)

    @part
    def study(self) -> Study:
        from assistant.journeys.topics import Study

        return Study(self.database, self.topics, self.problems.refresh, self.clock, wake=self.to_deliver.set)

    def start_model(self, *, wait: bool = False) -> None:
        """Start (or join) the embedded server and keep its static prompts warm. No effect for other endpoints."""
        if self._given_llm is None and self.settings.llm.kind == "embedded":
            from prompts.loader import load

            of_numbers = [{"role": "system", "content": load("chatbi/choose").render()}]
            self.local_server.warm([of_numbers, *self.agent.static_prompts()])
            self.local_server.start(wait=wait)

    def context_for(self, member_id: str | None) -> Callable[[], ToolContext]:
        """Makes tool contexts of one shopper, outside any conversation (MCP)."""
        from tools.registry import ToolContext

        def make() -> ToolContext:
            return ToolContext(
                ports=self.ports,
                catalog=self.catalog.get(),
                shopper=member_id or "mcp:anonymous:0",
                member_id=member_id,
                conversation_id=f"mcp-{member_id or 'anonymous'}",
                now=self.clock.now(),
                brand=self.settings.brand_name,
            )

        return make

    def close(self) -> None:
        from tools.all import TOOLS

        if self.__dict__.get("remote") is not None:
            for name in self.remote.tools:  # type: ignore[union-attr]
                TOOLS.pop(name, None)
            self.remote.close()  # type: ignore[union-attr]
        if "official_account" in self.__dict__:
            self.official_account.close()
        if "http_backend" in self.__dict__:
            self.http_backend.close()
        if (states := self.__dict__.get("states")) is not None:
            states.close()
        if "local_server" in self.__dict__:
            self.local_server.stop()
        if "llm" in self.__dict__ and self._given_llm is None:
            self.llm.close()
        if "accounts" in self.__dict__:
            self.accounts.close()
        if "ops_questions" in self.__dict__:
            self.ops_questions.close()
        if "retriever" in self.__dict__:
            self.retriever.close()
        if "database" in self.__dict__:
            self.database.close()
