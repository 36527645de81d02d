"""The trash: what was deleted stays there for TRASH_DAYS, can be restored, and then goes with its files."""
