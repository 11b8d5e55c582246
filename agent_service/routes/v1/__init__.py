"""`/v1`: the API that clients of OpenAI speak, as far as one answers questions with it."""
