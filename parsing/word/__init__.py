"""The parts of Word documents: styles, runs, paragraphs, tables. `parsing.docx` joins them."""
