"""What both servers do alike: request ids, traces, and an end that cuts nothing off."""
