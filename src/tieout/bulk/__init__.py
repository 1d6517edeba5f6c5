"""Two position files compared, row by row and to the last digit: `tieout diff` as a library.

    statement = tie_out_files("book.csv", "broker.parquet", tolerance={"average_price": "0.01"})
    statement.is_tied_out, statement.counts, list(statement.breaks())

Rows meet under a key (account and symbol, those of the two that both files have); a symbol is
taken as it is written, without the blanks around it. Numbers are compared exactly at any length.
Two engines give the same result: `plain` needs nothing but Python, `duckdb` (the extra `bulk`)
takes a million rows a side in about a second.
"""

from tieout.bulk.comparison import Break, FieldBreak
from tieout.bulk.faults import FileFault
from tieout.bulk.report import report_format, write_json, write_report
from tieout.bulk.sources import EXTENSIONS, FORMATS, STDIN
from tieout.bulk.statement import Statement
from tieout.bulk.table import print_statement
from tieout.bulk.tying import ENGINES, tie_out_files

__all__ = [
    "ENGINES",
    "EXTENSIONS",
    "FORMATS",
    "STDIN",
    "Break",
    "FieldBreak",
    "FileFault",
    "Statement",
    "print_statement",
    "report_format",
    "tie_out_files",
    "write_json",
    "write_report",
]
