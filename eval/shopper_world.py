"""A stage for labelled dialogues: the tiny world in a temporary folder, the wired service, a fresh world on demand.

Called by `eval.shopper` and its peer. The world is made once; before each dialogue its file is written back over the
one that the service works on, so that no dialogue sees what another one changed.
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import PACKAGE_ROOT, Settings
from assistant.db.migrate import migrate
from assistant.domain.message import Inbound
from assistant.domain.shopper import Identity
from assistant.journeys.shopper_message import Served
from assistant.merchant.world.seed import seed
from eval.shopper_data import AS_OF, NOW, Dialogue
from tools.registry import ToolContext
from vectorstore.ingest import ingest

SEED = 1
CHANNEL = "web_chat"


@dataclass(frozen=True)
class Stage:
    """The service, and the file of the untouched world."""

    service: Service
    untouched: Path

    def fresh(self) -> None:
        """Bring the untouched world back."""
        live = self.service.settings.data_dir / "zhike.db"
        with closing(sqlite3.connect(self.untouched)) as source, closing(sqlite3.connect(live)) as target:
            source.backup(target)

    def say(self, dialogue: Dialogue, number: int, text: str) -> Served:
        """One message through the journey that every channel uses."""
        inbound = Inbound(
            Identity(CHANNEL, "eval", dialogue.id), f"{dialogue.id}-{number}", text, NOW, store_id=dialogue.store
        )
        journey = self.service.shopper_messages
        accepted = journey.accept(inbound, member_id=dialogue.member)
        served = journey.serve_next(only=accepted.conversation_id)
        if len(served) != 1:
            raise RuntimeError(f"{dialogue.id}: {len(served)} replies to one message")
        return served[0]

    def context(self, dialogue: Dialogue, text: str, conversation_id: str = "") -> ToolContext:
        """On whose behalf a tool would run, to resolve words into ids as the tools do."""
        return ToolContext(
            ports=self.service.ports,
            catalog=self.service.catalog.get(),
            shopper=dialogue.member or f"{CHANNEL}:eval:{dialogue.id}",
            member_id=dialogue.member,
            conversation_id=conversation_id,
            now=NOW,
            store_id=dialogue.store,
            text=text,
        )


@contextmanager
def stage(settings: Settings, *, context_tokens: int = 0) -> Iterator[Stage]:
    """Make the world, index the demo knowledge, wire the service and start its model."""
    with tempfile.TemporaryDirectory(prefix="zhike-eval-") as folder:
        data_dir = Path(folder)
        llm = settings.llm.model_copy(update={"context_tokens": context_tokens or settings.llm.context_tokens})
        own = {**settings.model_dump(), "data_dir": data_dir, "database_url": "", "llm": llm.model_dump()}
        service = Service(Settings.model_validate(own), clock=FixedClock(NOW))
        try:
            migrate(service.database)
            seed(service.database, data_dir, size="tiny", seed=SEED, as_of=AS_OF, progress=lambda *_: None)
            ingest(PACKAGE_ROOT / "knowledge" / "demo", service.settings.index_config, embed=service.embedder)
            untouched = data_dir / "untouched.db"
            with (
                closing(sqlite3.connect(data_dir / "zhike.db")) as source,
                closing(sqlite3.connect(untouched)) as target,
            ):
                source.backup(target)
            service.start_model(wait=True)
            yield Stage(service, untouched)
        finally:
            service.close()
