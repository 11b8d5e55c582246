"""Messages, mailboxes and pages that are saved as messages."""
