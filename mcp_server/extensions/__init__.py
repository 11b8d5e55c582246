"""Extensions of the protocol: what clients may use beside tools, prompts and resources."""
