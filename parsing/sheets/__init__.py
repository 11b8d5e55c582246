"""Sheets of workbooks, as each format stores them. `parsing.spreadsheet` joins them."""
