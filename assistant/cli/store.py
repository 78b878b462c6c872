"""`zhike migrate` and `zhike seed`: the operational store and the demo world in it."""

from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from assistant.cli.output import Json, fail, say
from assistant.clock import Clock, local
from assistant.config import Settings
from assistant.db.engine import Database
from assistant.db.migrate import migrate
from assistant.errors import StoreDown

if TYPE_CHECKING:
    from assistant.merchant.world.seed import Seeded


def register(app: typer.Typer) -> None:
    app.command("migrate")(migrate_store)
    app.command("seed")(seed_world)


def migrate_store(as_json: Json = False) -> None:
    """把业务库升级到最新结构。"""
    database = Database(Settings().store_url)
    try:
        revision = migrate(database)
    except StoreDown as error:
        fail(as_json, f"连不上业务库：{error}")
    say(as_json, {"ok": True, "revision": revision}, f"业务库已是最新结构：{revision}")


def seed_world(
    size: Annotated[str, typer.Option(help="tiny、demo 或 large。")] = "demo",
    seed: Annotated[int, typer.Option(help="随机种子：同样的种子得到同样的数据。")] = 1,
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="数据截至哪一天，默认今天。")] = None,
    as_json: Json = False,
) -> None:
    """生成演示数据（会替换原有的演示数据）。"""
    from assistant.accounts.demo import password as demo_password
    from assistant.merchant.world.seed import SIZES

    if size not in SIZES:
        raise typer.BadParameter(f"只有 {'、'.join(SIZES)}", param_hint="--size")
    settings = Settings()
    database = Database(settings.store_url)
    try:
        migrate(database)
        done = run_seed(settings, database, size, seed, as_of.date() if as_of else local(Clock().now()).date())
    except StoreDown as error:
        fail(as_json, f"连不上业务库：{error}")
    password = demo_password(settings.data_dir)
    text = f"演示数据已就绪：{done.stores} 家门店，{done.members:,} 位会员，{done.orders:,} 笔订单，{done.answers:,} 份反馈"
    if password:
        text += f"\n演示员工账号 admin、analyst、east 等，密码都是 {password}"
    say(as_json, {**asdict(done), "staff_password": password}, text)


def run_seed(settings: Settings, database: Database, size: str, seed: int, as_of: date) -> "Seeded":
    """Make the world with a progress bar on stderr, and the accounts of its staff."""
    from assistant.cli.accounts import ensure_demo
    from assistant.merchant.world.seed import seed as make
    from assistant.surveys import past
    from assistant.surveys.files import read_surveys
    from assistant.surveys.rules import read_rules
    from assistant.surveys.shelf import Shelf

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("演示数据", total=1)
        done = make(
            database,
            settings.data_dir,
            size=size,
            seed=seed,
            as_of=as_of,
            progress=lambda done, of, what: bar.update(task, completed=done, total=of, description=f"演示数据：{what}"),
        )
    shelf = Shelf(database, read_surveys(settings.moments.surveys), Clock())
    rules = read_rules(settings.moments.rules, shelf.files, shelf.current)
    past.make(database, shelf.files, rules, as_of, seed)
    ensure_demo(settings, database)
    return done
