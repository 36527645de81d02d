"""Mails about what became ready or failed, to those who asked for them on their account page."""
