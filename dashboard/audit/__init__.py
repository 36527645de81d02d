"""Who did what that matters for security: kept for a year, never changed.

`record` (recording.py) is what other code calls. The packages for this (django-auditlog, django-easy-audit) log changes
of rows by signals, need Django's admin to be read, and their rows can be changed; here a few named events count.
"""
