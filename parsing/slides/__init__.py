"""The parts of PowerPoint slides: shapes in reading order, texts, comments; `pptx` joins them."""
