"""What the files of office programs have in common."""
