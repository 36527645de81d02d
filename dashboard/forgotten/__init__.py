"""What was forgotten: portraits, voices and videos of people who asked for that, without their names.

The list keeps it from coming back: with a sync, from copies at the engine, and from a backup that is older.
"""
