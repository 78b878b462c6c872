"""The peers on the same model and data: LangChain's SQL agent, and Vanna with its vector store.

Both ask the mart in PostgreSQL. LangChain gets its toolkit (list, schema, checker, query); Vanna is trained with the
tables, the definitions of the metrics, and the questions of the fit families with their right statements. What they end
with is run, and right where its rows hold the gold's values. Enters: questions with gold. Leaves: rows a question. Called
by `zhike eval chatbi --peers N`; needs the dependency group `peers`.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from assistant.chatbi.compile import compile_query
from assistant.db.warehouse import StatementRefused
from assistant.domain.account import Scope
from assistant.errors import ModelDown, ModelOffSchema, Refusal
from assistant.journeys.ops_question import OpsQuestions
from assistant.llm.client import Llm
from eval.chatbi_data import Days, Family, query_of
from prompts.loader import load
from vectorstore.embed import Embedder

CONTEXT_TOKENS = 12_288
QUESTION_S = 180.0
MAX_STEPS = 13  # of LangChain's graph: six rounds of model and tools
Rows = list[tuple[Any, ...]]
WHOLE = Scope(frozenset(), whole=True)


class Peer(Protocol):
    """Answers a question with rows, or with none."""

    name: str

    def rows(self, question: str) -> Rows: ...


class LangChain:
    """The agent of LangChain's SQL tutorial: `create_agent` with the SQL toolkit."""

    name = "LangChain SQL agent"

    def __init__(self, llm: Llm, url: str, schema: str, questions: OpsQuestions) -> None:
        from langchain.agents import create_agent
        from langchain_community.agent_toolkits import SQLDatabaseToolkit
        from langchain_community.utilities import SQLDatabase

        model = llm.chat_model(purpose="peer", max_tokens=400, deadline_s=QUESTION_S)
        database = SQLDatabase.from_uri(url, schema=schema, sample_rows_in_table_info=1)
        tools = SQLDatabaseToolkit(db=database, llm=model).get_tools()
        self._agent: Any = create_agent(model, tools=tools, system_prompt=load("judge/sql_agent").render())
        self._questions = questions

    def rows(self, question: str) -> Rows:
        """What the last statement gives that its agent ran."""
        from langgraph.errors import GraphRecursionError

        asked: list[str] = []
        try:
            for state in self._agent.stream(
                {"messages": [{"role": "user", "content": question}]},
                {"recursion_limit": MAX_STEPS},
                stream_mode="values",
            ):
                for call in getattr(state["messages"][-1], "tool_calls", []):
                    if call["name"] == "sql_db_query":
                        asked.append(str(call["args"].get("query", "")))
        except (GraphRecursionError, ModelDown, ModelOffSchema):
            pass
        return _run(self._questions, asked[-1]) if asked else []


class Embedding:
    """Our embedding model in the form that Chroma wants."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def __call__(self, input: Sequence[str]) -> list[list[float]]:
        return [[float(x) for x in vector] for vector in self._embedder.passages(input)]

    def embed_query(self, input: Sequence[str]) -> list[list[float]]:
        return [[float(x) for x in vector] for vector in self._embedder.queries(input)]

    @staticmethod
    def name() -> str:
        return "zhike"

    @staticmethod
    def is_legacy() -> bool:
        return True


class Vanna:
    """Vanna's classes over our model, embeddings and Chroma."""

    name = "Vanna"

    def __init__(
        self, llm: Llm, embed: Embedding, questions: OpsQuestions, tables: Sequence[str], folder: Path
    ) -> None:
        from vanna.legacy.chromadb import ChromaDB_VectorStore

        class Ours(ChromaDB_VectorStore):  # type: ignore[misc]
            """Its prompts, our model."""

            def system_message(self, message: str) -> dict[str, str]:
                return {"role": "system", "content": message}

            def user_message(self, message: str) -> dict[str, str]:
                return {"role": "user", "content": message}

            def assistant_message(self, message: str) -> dict[str, str]:
                return {"role": "assistant", "content": message}

            def submit_prompt(self, prompt: list[dict[str, str]], **_: Any) -> str:
                return "".join(llm.write(prompt, purpose="peer", max_tokens=400, deadline_s=QUESTION_S))

            def log(self, message: str, title: str = "") -> None:
                """Says nothing: its log is a print."""

        config = {"path": str(folder), "embedding_function": embed, "n_results": 4, "dialect": "PostgreSQL"}
        self._vanna = Ours(config={**config, "max_tokens": 6000})
        self._questions = questions
        for ddl in tables:
            self._vanna.add_ddl(ddl)
        for metric in questions.catalogue.metrics.values():
            self._vanna.add_documentation(f"{metric.name}：{metric.definition}（{metric.unit}）")

    def learn(self, families: Sequence[Family], periods: dict[str, Days]) -> None:
        """Questions of the fit families with their right statements; what takes us more than one cannot be taught."""
        for family in families:
            for item in family.items[:2]:
                if family.split == "fit" and item.gold is not None and not item.after:
                    with suppress(Refusal):
                        self._vanna.add_question_sql(item.q, _statement(query_of(item.gold, periods), self._questions))

    def rows(self, question: str) -> Rows:
        try:
            return _run(self._questions, str(self._vanna.generate_sql(question)))
        except (ModelDown, ModelOffSchema):
            return []


def _statement(query: Any, questions: OpsQuestions) -> str:
    """The compiler's statement with its values in place."""
    compiled = compile_query(query, questions.catalogue, WHOLE)

    def value(found: re.Match[str]) -> str:
        one = compiled.parameters[found.group(1)]
        return str(one) if isinstance(one, int | float) else f"'{one}'"

    return re.sub(r"%\((\w+)\)s", value, compiled.sql("postgres"))


def _run(questions: OpsQuestions, sql: str) -> Rows:
    try:
        return list(questions.engine.run(sql.replace("%", "%%"), {}, "peer").rows)
    except (StatementRefused, Refusal):
        return []


def tables_of(questions: OpsQuestions) -> list[str]:
    """The tables of the mart as statements that would create them."""
    found = questions.engine.run(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position", {}, "peer",
    ).rows  # fmt: skip
    columns: dict[str, list[str]] = {}
    for table, column, kind in found:
        columns.setdefault(str(table), []).append(f"{column} {kind}")
    return [f"CREATE TABLE {table} ({', '.join(rows)})" for table, rows in columns.items()]


def agree(gold: Rows, got: Rows) -> bool:
    """Whether every gold row stands among the rows, whatever columns come with it; money may be in cents."""
    if not gold or len(got) > max(3 * len(gold), len(gold) + 5):
        return False
    left = list(got)
    for row in gold:
        match = next((other for other in left if all(any(_same(v, o) for o in other) for v in row)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _same(gold: Any, got: Any) -> bool:
    if isinstance(gold, int | float | Decimal) and isinstance(got, int | float | Decimal):
        one, other = float(gold), float(got)
        return any(abs(one - other * scale) <= max(0.05, abs(one) * 0.005) for scale in (1, 0.01, 100))
    if isinstance(gold, date) or isinstance(got, date):
        return str(gold)[:10] == str(got)[:10]
    return gold is None or str(gold) == str(got)
