"""Keeping data: backups, export and import, what belongs to one person, how long what is kept."""
