"""What both servers do alike: logs, request ids, traces, limits, and an end that cuts nothing off."""
