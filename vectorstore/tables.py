"""Readers of FAQ tables: XLSX and CSV → FAQ entries.

In: the bytes of one file and the scope of rows that name none. Out: a `Body` with `faqs`, or `Unreadable`.
Columns are found by their heading, English or Chinese, in any order. Called by `documents.read_document`.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from vectorstore.documents import Body, FaqEntry, Scope, decode, scope_of
from vectorstore.errors import Unreadable
from vectorstore.readers import check_zip, squeeze

_HEADINGS = {
    "question": {"question", "q", "问题", "标准问", "标准问题", "问"},
    "answer": {"answer", "a", "答案", "回答", "标准答案", "答"},
    "similar": {"similar", "similar questions", "similar_questions", "相似问", "相似问题", "相似问法"},
    "stores": {"stores", "store", "门店", "适用门店", "门店编号"},
    "valid_from": {"valid_from", "valid from", "生效", "生效日", "生效日期"},
    "valid_until": {"valid_until", "valid until", "失效", "失效日", "失效日期"},
    "category": {"category", "分类", "类别"},
}


def read_xlsx(raw: bytes, scope: Scope) -> Body:
    """All sheets of a workbook that have a question and an answer column."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    check_zip(raw, "XLSX")
    found: list[FaqEntry] = []
    notes: list[str] = []
    matched = False
    try:
        with warnings.catch_warnings():  # openpyxl warns about styles that do not matter here
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
            for sheet in book.worksheets:
                rows = [tuple(row) for row in sheet.iter_rows(values_only=True)]
                entries = _entries(rows, scope, notes, where=f"{sheet.title} ")
                if entries is not None:
                    matched = True
                    found += entries
            book.close()
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        SyntaxError,
        OSError,
    ) as error:
        raise Unreadable("XLSX 无法打开：文件已损坏") from error
    return _body(found, notes, matched)


def read_csv(raw: bytes, scope: Scope) -> Body:
    """A table separated by commas, semicolons or tabs."""
    text = decode(raw).replace("\0", "")
    head = text.split("\n", 1)[0]
    mark = max(",;\t", key=head.count)
    notes: list[str] = []
    try:
        rows: list[tuple[Any, ...]] = [tuple(row) for row in csv.reader(io.StringIO(text), delimiter=mark)]
    except csv.Error as error:
        raise Unreadable("CSV 无法解析") from error
    entries = _entries(rows, scope, notes, where="")
    return _body(entries or [], notes, entries is not None)


def _body(found: list[FaqEntry], notes: list[str], matched: bool) -> Body:
    if not matched:
        raise Unreadable("表格里找不到“问题”和“答案”两列")
    if not found:
        raise Unreadable("表格里没有一行同时有问题和答案")
    return Body(faqs=tuple(found), notes=tuple(notes))


def _entries(rows: Sequence[tuple[Any, ...]], scope: Scope, notes: list[str], *, where: str) -> list[FaqEntry] | None:
    """The entries of one sheet, or None where it has no FAQ heading in its first five rows."""
    for at, row in enumerate(rows[:5]):
        columns = _columns(row)
        if "question" in columns and "answer" in columns:
            return list(_read_rows(rows[at + 1 :], columns, scope, notes, where, first=at + 2))
    return None


def _columns(row: Iterable[Any]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, cell in enumerate(row):
        name = re.sub(r"[（(].*?[)）]|[*＊]", "", squeeze(str(cell or ""))).strip().lower()
        for field, names in _HEADINGS.items():
            if name in names:
                columns.setdefault(field, index)
    return columns


def _read_rows(
    rows: Sequence[tuple[Any, ...]],
    columns: dict[str, int],
    scope: Scope,
    notes: list[str],
    where: str,
    first: int,
) -> Iterator[FaqEntry]:
    for number, row in enumerate(rows, start=first):
        cells = {field: row[index] for field, index in columns.items() if index < len(row)}
        question, answer = _text(cells.get("question")), _text(cells.get("answer"))
        if not question and not answer:
            continue
        if not question or not answer:
            notes.append(f"{where}第 {number} 行缺少{'答案' if question else '问题'}，已跳过")
            continue
        try:
            row_scope = scope_of(cells, scope)
        except Unreadable as error:
            notes.append(f"{where}第 {number} 行：{error.reason}，已跳过")
            continue
        similar = (squeeze(item) for item in re.split(r"[|｜\n]", _text(cells.get("similar"))))
        yield FaqEntry(
            question=squeeze(question),
            answer=answer,
            similar=tuple(dict.fromkeys(item for item in similar if item and item != question)),
            category=_text(cells.get("category")),
            scope=row_scope,
        )


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).replace("\0", "").strip()
