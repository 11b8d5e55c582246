"""What a caller may be allowed to do."""

READ_SCOPE, WRITE_SCOPE, TASKS_SCOPE = "kb:read", "kb:write", "tasks"
SCOPES = (READ_SCOPE, WRITE_SCOPE, TASKS_SCOPE)
