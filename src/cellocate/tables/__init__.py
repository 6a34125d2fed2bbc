"""Tables as other programs write them: one reader for text, Excel and Parquet, whatever they are tables of."""

from cellocate.tables.header import columns_there, find_column
from cellocate.tables.kinds import SUFFIXES, is_table, table_name, tables_in
from cellocate.tables.table import lacking, plain_rows, read_columns, read_table, table_rows
from cellocate.tables.text import normal, shown, text_lines
from cellocate.tables.values import MISSING, is_date, numbers

__all__ = [
    "MISSING",
    "SUFFIXES",
    "columns_there",
    "find_column",
    "is_date",
    "is_table",
    "lacking",
    "normal",
    "numbers",
    "plain_rows",
    "read_columns",
    "read_table",
    "shown",
    "table_name",
    "table_rows",
    "tables_in",
    "text_lines",
]
