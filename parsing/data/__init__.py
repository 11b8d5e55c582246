"""Files that programs read as well: JSON, XML, CSV, calendars, subtitles, translations."""
