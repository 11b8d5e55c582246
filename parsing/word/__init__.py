"""The parts of Word documents: styles, runs, paragraphs, tables. `parsing.word.docx` joins them."""
