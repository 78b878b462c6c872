"""Reading files: what is understood, and what is refused with a reason."""

import io
import zipfile
from datetime import date
from pathlib import Path

import docx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfWriter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from vectorstore import documents
from vectorstore.documents import Document, Scope, as_day, decode, read_document, store_ids
from vectorstore.errors import Unreadable


def read(path: Path) -> Document:
    return read_document(path, source=path.name)


def texts(document: Document) -> list[str]:
    return [block.text for section in document.sections for block in section.blocks]


def pdf(lines: list[str], title: str = "") -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.setTitle(title)
    canvas.setFont("STSong-Light", 12)
    for row, line in enumerate(lines):
        canvas.drawString(72, 780 - 20 * row, line)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def test_markdown_front_matter_gives_title_scope_and_validity(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "---\ntitle: 点灯\nstores: [s001, S002]\nvalid_from: 2026-11-01\nvalid_until: 2026-12-26\n"
        "source_url: https://example.com/a\n---\n# 别的标题\n\n正文。\n",
        encoding="utf-8",
    )

    document = read(path)

    assert document.title == "点灯"
    assert document.scope == Scope(("S001", "S002"), date(2026, 11, 1), date(2026, 12, 26))
    assert document.source_url == "https://example.com/a"


def test_markdown_keeps_headings_lists_and_readable_table_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "# 停车\n\n## 收费\n\n**前 30 分钟**[免费](http://x)。\n\n### 各店\n\n"
        "| 门店 | 每小时 |\n|---|---|\n| 西单店 | 15 元 |\n\n1. 甲\n2. 乙\n",
        encoding="utf-8",
    )

    document = read(path)

    assert document.title == "停车"
    assert [section.path for section in document.sections] == [("收费",), ("收费", "各店")]
    assert texts(document) == ["前 30 分钟免费。", "门店：西单店；每小时：15 元", "1. 甲\n2. 乙"]


def test_html_leaves_out_navigation_and_scripts(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        "<html><head><title>品牌</title></head><body><nav>首页</nav><script>x()</script>"
        "<h2>鞋</h2><ul><li>步川</li></ul><div>散句</div>"
        "<table><tr><th>码</th></tr><tr><td>38</td></tr></table></body></html>",
        encoding="utf-8",
    )

    document = read(path)

    assert document.title == "品牌"
    assert texts(document) == ["- 步川", "散句", "码：38"]


def test_docx_keeps_headings_and_tables(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    made = docx.Document()
    made.add_heading("流程", level=0)
    made.add_heading("受理", level=1)
    made.add_paragraph("拨打热线。")
    table = made.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ("类型", "时限", "一般", "3 天"), strict=True):
        cell.text = text
    made.save(str(path))

    document = read(path)

    assert document.title == "流程"
    assert document.sections[0].path == ("受理",)
    assert texts(document) == ["拨打热线。", "类型：一般；时限：3 天"]


def test_pdf_gives_pages_headings_and_whole_paragraphs(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(["章程", "1、有效期", "自购买之日起三年有效，到期可以", "延期一年。"], title="章程"))

    document = read(path)

    assert document.title == "章程"
    assert document.sections[0].path == ("1、有效期",)
    assert texts(document) == ["自购买之日起三年有效，到期可以延期一年。"]
    assert document.sections[0].blocks[0].page == 1


def test_xlsx_faq_takes_chinese_headings_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "faq.xlsx"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["常见问题表"])
    sheet.append(["答案", "问题", "相似问", "门店", "生效", "失效", "分类"])
    sheet.append(["十点", "几点开门？", "几点营业|何时开门", "S001、S002", date(2026, 1, 1), "2026年12月31日", "营业"])
    sheet.append(["没有问题的答案", None])
    book.save(path)

    document = read(path)

    (entry,) = document.faqs
    assert (entry.question, entry.answer, entry.category) == ("几点开门？", "十点", "营业")
    assert entry.similar == ("几点营业", "何时开门")
    assert entry.scope == Scope(("S001", "S002"), date(2026, 1, 1), date(2026, 12, 31))
    assert document.notes == ("Sheet 第 4 行缺少问题，已跳过",)


def test_csv_in_gb18030_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "faq.csv"
    path.write_bytes("question,answer\n包邮吗,满 99 元包邮\n".encode("gb18030"))

    document = read(path)

    assert document.faqs[0].answer == "满 99 元包邮"


def test_sidecars_give_scope_to_formats_without_front_matter(tmp_path: Path) -> None:
    (tmp_path / "_meta.yaml").write_text("stores: [S003]\nvalid_until: 2027-01-01\n", encoding="utf-8")
    (tmp_path / "a.html.meta.yaml").write_text("title: 新名\nstores: [S001]\n", encoding="utf-8")
    path = tmp_path / "a.html"
    path.write_text("<p>文</p>", encoding="utf-8")

    document = read(path)

    assert document.title == "新名"
    assert document.scope == Scope(("S001",), None, date(2027, 1, 1))


def test_a_sidecar_notes_how_people_ask_and_a_heading_that_is_not_there_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "parking.md"
    path.write_text("# 停车\n## 收费\n每小时十元。\n", encoding="utf-8")
    noted = "asked:\n  收费: |\n    停一个钟几多钱\n    停车贵不贵\n  减免: [能便宜不]\n"
    (tmp_path / "parking.md.meta.yaml").write_text(noted, encoding="utf-8")

    document = read(path)

    assert document.asked["收费"] == ("停一个钟几多钱", "停车贵不贵")
    assert document.notes == ("找不到标题“减免”，它的问法没有用上",)


def test_wordings_that_are_no_mapping_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\nasked: [怎么停车]\n---\n文", encoding="utf-8")

    with pytest.raises(Unreadable, match="标题: 问法"):
        read(path)


@pytest.mark.parametrize("name", ["bad.docx", "bad.xlsx", "bad.pdf"])
@pytest.mark.parametrize("raw", [b"PK\x03\x04nonsense", b"%PDF-1.7 nonsense", b"\x00" * 200])
def test_corrupt_binary_files_are_refused(tmp_path: Path, name: str, raw: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(raw)

    with pytest.raises(Unreadable):
        read(path)


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx"])
def test_an_archive_that_is_no_office_file_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("hello.txt", "hi")

    with pytest.raises(Unreadable, match="损坏"):
        read(path)


def test_a_file_that_unpacks_to_something_huge_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("word/document.xml", "0" * 100_000)
    monkeypatch.setattr("vectorstore.readers.MAX_UNZIPPED", 50_000)

    with pytest.raises(Unreadable, match="过大"):
        read(path)


def test_an_encrypted_pdf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "locked.pdf"
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(path)

    with pytest.raises(Unreadable, match="加密"):
        read(path)


def test_a_scanned_pdf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(pdf([]))

    with pytest.raises(Unreadable, match="扫描"):
        read(path)


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("a.exe", b"x", "不支持"),
        ("a.md", b"", "空的"),
        ("a.md", b"# \n\n", "没有可用"),
        ("a.md", b"\xff\xff\x80\x80\xff", "编码"),
        ("a.md", b"ab\x00cd", "编码"),
        ("a.md", "---\nstores: [\n---\n文".encode(), "YAML"),
        ("a.md", "---\nvalid_from: 明天\n---\n文".encode(), "日期"),
        ("a.md", "---\nvalid_from: 2026-02-01\nvalid_until: 2026-01-01\n---\n文".encode(), "晚于"),
        ("a.csv", "名称,价格\n袜子,9\n".encode(), "找不到"),
        ("a.csv", "问题,答案\n只有问题,\n".encode(), "没有一行"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(tmp_path: Path, name: str, raw: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(raw)

    with pytest.raises(Unreadable, match=reason):
        read(path)


def test_a_file_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_BYTES", 10)
    path = tmp_path / "a.md"
    path.write_text("x" * 11)

    with pytest.raises(Unreadable, match="太大"):
        read(path)


@given(st.text())
def test_any_utf8_text_is_decoded_as_it_was(text: str) -> None:
    if "\0" in text[:4096] or text.startswith("\ufeff"):
        return

    assert decode(text.encode("utf-8", "ignore")) == text.encode("utf-8", "ignore").decode()


@given(st.dates(min_value=date(1900, 1, 1)))
def test_days_are_read_in_the_usual_forms(day: date) -> None:
    forms = [day, day.isoformat(), f"{day.year}/{day.month}/{day.day}", f"{day.year}年{day.month}月{day.day}日"]

    assert {as_day(form) for form in forms} == {day}


@given(st.binary(max_size=400), st.sampled_from([".md", ".html", ".csv", ".xlsx", ".docx", ".pdf"]))
def test_arbitrary_bytes_are_read_or_refused_and_never_crash(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / f"a{suffix}"
    path.write_bytes(raw)

    try:
        document = read(path)
    except Unreadable as refused:
        assert refused.reason
    else:
        assert document.title


def test_stores_are_understood_as_list_or_cell() -> None:
    assert store_ids("S001|s002、S003") == store_ids(["S001", "S002", "S003"])
    assert store_ids("全部") == ()
