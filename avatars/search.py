"""The columns that a search in the gallery of avatars covers; see dashboard.gallery.search_index."""

from dashboard.gallery.search_index import SearchIndex

AVATARS = SearchIndex("avatars.Avatar", name="name", person="made_by__name")
