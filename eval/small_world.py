"""The small demo world of today with its knowledge, in a folder of its own: what services of an evaluation start from."""

import os
import shutil
from pathlib import Path

from assistant.bootstrap import Service
from assistant.clock import Clock, local
from assistant.config import PACKAGE_ROOT, LlmSettings, Settings
from assistant.db.migrate import migrate
from assistant.merchant.world.seed import seed
from vectorstore.ingest import ingest


def make_world(folder: Path, url: str = "") -> Path:
    """Make it, in SQLite or in the store at `url`; the router has learnt. Returns the folder."""
    service = Service(Settings(data_dir=folder, database_url=url, llm=LlmSettings(kind="off")))
    migrate(service.database)
    seed(service.database, folder, size="tiny", seed=1, as_of=local(Clock().now()).date(), progress=lambda *_: None)
    ingest(PACKAGE_ROOT / "knowledge" / "demo", service.settings.index_config)
    service.router.rank("你好")
    service.close()
    return folder


def copy_world(world: Path, folder: Path) -> None:
    """A world of one's own. What the router has learnt is never changed in place, and is shared with the first one."""

    def copy(source: str, target: str) -> None:
        (os.link if Path(source).parent.name == "router" else shutil.copy2)(source, target)

    shutil.copytree(world, folder, copy_function=copy)
