"""What a caller may be allowed to do."""

READ_SCOPE, WRITE_SCOPE, TASKS_SCOPE = "kb:read", "kb:write", "tasks"
# What a caller can be given; clients may be let in for each of them.
SCOPES = (READ_SCOPE, WRITE_SCOPE, TASKS_SCOPE)
# Only tokens that the chat signs for an administrator's own request have it: no key, no login of another
# issuer, no program on this machine, and no language model.
ADMIN_SCOPE = "admin"
# For the chat's pages on which people let clients in and disconnect them; no client has it.
CONNECT_SCOPE = "connections"
