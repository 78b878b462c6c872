"""探索: a question that no metric answers, by SQL that the model writes. Only where a setting allows it, always labelled.

Enters: the question, the scope. Leaves: an `Answer` with the statement that ran. What the model writes is confined
(`confine`) before it runs; a statement that the engine does not understand goes back to the model once.
"""

import secrets
from dataclasses import replace

from assistant.chatbi.answer import Answer
from assistant.chatbi.catalogue import Catalogue
from assistant.chatbi.confine import confine, views
from assistant.chatbi.run import Engine, Table
from assistant.db.warehouse import StatementRefused
from assistant.domain.account import Scope
from assistant.errors import BadInput, ModelDown, ModelOffSchema
from assistant.llm.client import Llm
from prompts.loader import load

LABEL = "探索结果：由模型写的查询得出，没有按指标口径核对，请当作线索而不是结论。"
EXPLORED = "explore"  # the tier of such answers
TRIES = 2
_SCHEMA = {
    "type": "object",
    "properties": {"sql": {"type": "string", "maxLength": 1500}},
    "required": ["sql"],
    "additionalProperties": False,
}


class Explorer:
    """One per process. Threads share it."""

    def __init__(self, llm: Llm, catalogue: Catalogue, engine: Engine, budget_s: float) -> None:
        self._llm = llm
        self._catalogue = catalogue
        self._engine = engine
        self._budget_s = budget_s
        self._salt = secrets.token_hex(16)
        tables = "\n".join(f"{name}（{v.about}）：{'，'.join(v.columns)}" for name, v in views().items())
        self._system = load("chatbi/explore").render(tables=tables)

    def answer(self, question: str, scope: Scope) -> Answer:
        """Raises BadInput where no statement comes of it that may run and does."""
        today = self._engine.mart().as_of
        messages = [
            {"role": "system", "content": self._system},
            {"role": "user", "content": f"今天是{today:%Y-%m-%d}。问题：{question[:300]}"},
        ]
        for _ in range(TRIES):
            sql = self._written(messages)
            try:
                table = self._run(sql, scope)
            except StatementRefused as refused:
                complaint = f"这条语句执行出错：{str(refused)[:200]}。请改正后重写。"
                messages += [{"role": "assistant", "content": sql}, {"role": "user", "content": complaint}]
                continue
            return _told(table, scope)
        raise BadInput("试着写了两次查询，都没能执行成功。换个说法，或者直接问已有的指标吧。")

    def _written(self, messages: list[dict[str, str]]) -> str:
        try:
            found = self._llm.decide(messages, _SCHEMA, purpose="explore", max_tokens=400, deadline_s=self._budget_s)
        except (ModelDown, ModelOffSchema) as error:
            raise BadInput("语言模型现在不可用，探索模式暂时用不了，已有的指标照常可以问。") from error
        return str(found["sql"])

    def _run(self, sql: str, scope: Scope) -> Table:
        confined = confine(sql, self._catalogue, scope, self._salt)
        table = self._engine.run(confined.tree, confined.parameters, scope.key)
        return replace(table, sql=confined.said)


def _told(table: Table, scope: Scope) -> Answer:
    columns = tuple({"name": c, "label": c, "role": "dimension", "unit": ""} for c in table.columns)
    found = f"共{len(table.rows)}行{'，只列出前面的' if table.cut else ''}。" if table.rows else "没有符合条件的数据。"
    return Answer(
        "answered" if table.rows else "empty", f"{scope.words}：{found}{LABEL}", sql=table.sql, columns=columns,
        rows=table.rows, scope=scope.words, tier=EXPLORED, ms={"engine": table.ms},
    )  # fmt: skip
