"""Choosing what a video looks like (see videos/looks/look.py for what a look is): the form, its step on a page, backdrops."""
