"""The parts of PowerPoint slides: shapes in reading order, texts, comments. `parsing.pptx` joins them."""
