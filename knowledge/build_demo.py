"""Makes the DOCX, PDF and XLSX files of the demo knowledge from the texts in `knowledge/source`.

Run `python knowledge/build_demo.py` after changing a text there; the results are committed. Needs the development
dependencies (reportlab).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import docx
import openpyxl
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "source"
DEMO = HERE / "demo"
MADE = datetime(2026, 11, 15, 9, 0)  # fixed, so that the same text gives the same file
FAQ_COLUMNS = ("分类", "问题", "答案", "相似问", "门店", "生效", "失效")


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """(kind, text) of every line: h1, h2, li, row, p."""
    for line in text.splitlines():
        if line.startswith("|"):
            if set(line) - set("|-: "):
                yield "row", line.strip("|")
            continue
        for mark, kind in (("## ", "h2"), ("# ", "h1"), ("- ", "li")):
            if line.startswith(mark):
                yield kind, line.removeprefix(mark)
                break
        else:
            if line.strip():
                yield "p", line.strip()


def write_docx(source: Path, target: Path) -> None:
    document = docx.Document()
    document.core_properties.created = document.core_properties.modified = MADE
    rows: list[list[str]] = []

    def flush() -> None:
        if rows:
            table = document.add_table(rows=0, cols=len(rows[0]))
            for row in rows:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
            rows.clear()

    for kind, text in blocks(source.read_text(encoding="utf-8")):
        if kind == "row":
            rows.append([cell.strip() for cell in text.split("|")])
            continue
        flush()
        if kind == "h1":
            document.add_heading(text, level=0)
        elif kind == "h2":
            document.add_heading(text, level=1)
        else:
            document.add_paragraph(text, style="List Bullet" if kind == "li" else None)
    flush()
    document.save(str(target))


def write_pdf(source: Path, target: Path) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    sizes = {"h1": 18, "h2": 13}
    story = []
    title = ""
    for kind, text in blocks(source.read_text(encoding="utf-8")):
        title = title or text
        size = sizes.get(kind, 10.5)
        style = ParagraphStyle(kind, fontName="STSong-Light", fontSize=size, leading=size * 1.6, wordWrap="CJK")
        story += [Paragraph(text, style), Spacer(1, 4)]
    SimpleDocTemplate(str(target), pagesize=A4, title=title, author="云上百货", invariant=1).build(story)


def write_faq(source: Path, target: Path) -> None:
    book = openpyxl.Workbook()
    book.properties.created = book.properties.modified = MADE
    sheet = book.worksheets[0]
    sheet.title = "常见问题"
    sheet.append(FAQ_COLUMNS)
    for line in source.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            cells = [cell.strip() or None for cell in line.split("~")]
            sheet.append(cells + [None] * (len(FAQ_COLUMNS) - len(cells)))
    for column, width in zip("ABCDEFG", (10, 30, 60, 50, 12, 12, 12), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "A2"
    book.save(target)


def main() -> None:
    for name, folder in (("complaint-procedure", "policies"), ("group-buying", "company")):
        write_docx(SOURCE / f"{name}.md", DEMO / folder / f"{name}.docx")
    for name, folder in (("gift-card-terms", "policies"), ("privacy-notice", "member")):
        write_pdf(SOURCE / f"{name}.md", DEMO / folder / f"{name}.pdf")
    write_faq(SOURCE / "faq.txt", DEMO / "faq" / "faq.xlsx")


if __name__ == "__main__":
    main()
