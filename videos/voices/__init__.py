"""Voices: taken in, looked after, cut and evened out. A recording itself is never changed."""
