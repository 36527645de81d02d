"""Backups of an installation: made while it runs, restored when it does not, and made on a schedule.

django-dbbackup was looked at and is not used. It makes a dump of the database and an archive of the media files at two
moments (so rows may point to files that are not in it), leaves out the secrets, restores into an installation that is
running, and does not look whether an archive is complete. What is left, SQLite's own backup and a tar file, is short.
"""
