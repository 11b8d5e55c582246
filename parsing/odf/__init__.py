"""The parts of OpenDocument files: text within paragraphs, frames, tables, styles."""
