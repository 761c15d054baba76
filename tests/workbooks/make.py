"""Makes the workbooks beside it, once: python make.py (with openpyxl, xlwt and msoffcrypto-tool).

They are kept as they came out, because what is tested is what these programs write.
"""

import datetime
import io
import pathlib
import re
import zipfile

import msoffcrypto
import openpyxl
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile

HERE = pathlib.Path(__file__).parent
DAY = datetime.datetime(2026, 11, 5)
MOMENT = datetime.datetime(2026, 11, 5, 14, 30, 15)


def cells(book):
    """Cells of every type, under a title, with totals and a repeated header."""
    sheet = book.active
    sheet.title = "明细"
    sheet.append(["销售出库明细"])
    sheet.append([])
    sheet.append(["单号", "日期", "数量", "金额(元)", "备注", None])
    sheet.append(["00123", DAY, 7, 1234.56, "text", None])
    sheet.append([None, MOMENT, -0.5, 0.1 + 0.2, True, None])
    sheet.append(["小计", None, 6.5, 1234.86, None, None])
    sheet.append(["单号", "日期", "数量", "金额(元)", "备注", None])
    sheet.append([123456789012345678, 46331, 1e15, 99999999999999.9, "#N/A", None])
    sheet.append(["SO-4", "2026年11月5日", "1,000", "¥3.00", " a\nb ", None])
    sheet.append(["合计", None, None, None, None, None])
    sheet.merge_cells("A4:A5")
    sheet["E8"].data_type = "e"


def save(name, fill):
    book = openpyxl.Workbook()
    fill(book)
    book.save(HERE / name)


def months(book):
    book.active.title = "说明"
    for month in ["2026-10", "2026-9", "2026-11"]:
        sheet = book.create_sheet(month)
        sheet.append(["no", "qty"])
        sheet.append([f"SO-{month}", 1])
    book["2026-9"].sheet_state = "hidden"


def epoch_1904(book):
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(["no", "day", "serial"])
    book.active.append(["SO-1", DAY, 44869])


def formulas(book):
    book.active.append(["no", "qty"])
    book.active.append(["SO-1", "=1+1"])


save("cells.xlsx", cells)
save("months.xlsx", months)
save("epoch-1904.xlsx", epoch_1904)
save("uncalculated.xlsx", formulas)

# The same with the value that a spreadsheet would have put beside the formula.
with zipfile.ZipFile(HERE / "uncalculated.xlsx") as bare, zipfile.ZipFile(HERE / "calculated.xlsx", "w", zipfile.ZIP_DEFLATED) as full:
    for part in bare.namelist():
        full.writestr(part, re.sub(rb"<v ?/>|<v></v>", b"<v>2</v>", bare.read(part)))

with open(HERE / "months.xlsx", "rb") as plain:
    sealed = io.BytesIO()
    OOXMLFile(plain).encrypt("secret", sealed)
(HERE / "protected.xlsx").write_bytes(sealed.getvalue())

old = xlwt.Workbook(encoding="utf-8")
sheet = old.add_sheet("明细")
dated = xlwt.easyxf(num_format_str="yyyy-mm-dd")
for row, line in enumerate([
    ["no", "日期", "数量", "金额"],
    ["华东-1", (DAY, dated), 7, 1234.56],
    ["SO-2", (MOMENT, dated), -0.5, 0.1 + 0.2],
    ["合计", None, 6.5, None],
]):
    for column, cell in enumerate(line):
        if isinstance(cell, tuple):
            sheet.write(row, column, *cell)
        elif cell is not None:
            sheet.write(row, column, cell)
old.save(str(HERE / "old.xls"))
