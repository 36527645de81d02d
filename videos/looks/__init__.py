"""Choosing what a video looks like (see videos/look.py for what a look is): the form, its step on a page, backdrops."""
