"""What many tests share: a PostgreSQL server of our own, stores on both engines, a small world, a wired service."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from assistant.accounts.demo import seed as seed_accounts
from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import LlmSettings, Settings
from assistant.db.engine import Database
from assistant.db.migrate import migrate
from assistant.merchant.world.accounts import demo_accounts
from assistant.merchant.world.seed import seed
from eval.postgres import throwaway_postgres
from eval.small_world import copy_world
from vectorstore.ingest import ingest

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)  # 11:00 in Shanghai, a Sunday
AS_OF = date(2026, 11, 22)
KNOWLEDGE = Path(__file__).parent.parent / "knowledge" / "demo"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server of our own on a free port, gone afterwards. `make test` installs PostgreSQL; without it this fails."""
    with throwaway_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated store: every test that takes it runs on both engines."""
    if request.param == "sqlite":
        found = Database(f"sqlite:///{tmp_path / 'zhike.db'}")
    else:
        base = Database(request.getfixturevalue("postgres_url"))
        name = f"t{uuid4().hex[:12]}"
        with base.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        base.close()
        found = Database(f"{str(request.getfixturevalue('postgres_url')).rsplit('/', 1)[0]}/{name}")
    migrate(found)
    yield found
    found.close()


def make_world(database: Database, folder: Path) -> None:
    seed(database, folder, size="tiny", seed=1, as_of=AS_OF, progress=lambda *_: None)
    seed_accounts(database, folder, demo_accounts().values(), NOW)


@pytest.fixture(scope="session")
def world_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a seeded SQLite store and a knowledge index, to be copied."""
    folder = tmp_path_factory.mktemp("world")
    database = Database(f"sqlite:///{folder / 'zhike.db'}")
    migrate(database)
    make_world(database, folder)
    database.close()
    service = Service(Settings(data_dir=folder))
    ingest(KNOWLEDGE, service.settings.index_config)
    service.router.rank("你好")
    service.close()
    return folder


def settings_for(folder: Path, **changes: object) -> Settings:
    base: dict[str, object] = {"data_dir": folder, "llm": LlmSettings(kind="off")}
    return Settings(**{**base, **changes})  # type: ignore[arg-type]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def folder(world_file: Path, tmp_path: Path) -> Path:
    """A private copy of the small world."""
    target = tmp_path / "var"
    copy_world(world_file, target)
    return target


@pytest.fixture
def service(folder: Path, clock: FixedClock) -> Iterator[Service]:
    """The wired service on the small world, with no language model: the first tier must do."""
    made = Service(settings_for(folder), clock=clock)
    yield made
    made.close()
