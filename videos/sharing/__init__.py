"""Videos shown to people without an account: links, embedding, comments, counted views."""
