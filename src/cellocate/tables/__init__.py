"""Tables: one strict reader for text, Excel and Parquet, as any program writes them.

Read `read_table` first. `detect_format.py` finds separators and row names, `delimited_text.py` and
`excel_and_parquet.py` yield rows, `header.py` understands the first one.
"""

from cellocate.tables.cell_values import MISSING, is_date, numbers
from cellocate.tables.header import find_column, suggest_columns
from cellocate.tables.rows import missing_column_error, plain_rows, read_columns, read_table, table_rows
from cellocate.tables.table_files import is_table, table_name, tables_in
from cellocate.tables.text import normalised, quoted, text_lines

__all__ = [
    "MISSING",
    "find_column",
    "is_date",
    "is_table",
    "missing_column_error",
    "normalised",
    "numbers",
    "plain_rows",
    "quoted",
    "read_columns",
    "read_table",
    "suggest_columns",
    "table_name",
    "table_rows",
    "tables_in",
    "text_lines",
]
