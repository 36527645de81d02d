"""Forgetting a person: portraits, voices, the videos made of them, and all that was made of those."""
