"""Sheets of workbooks, as each format stores them. `parsing.sheets.spreadsheet` joins them."""
