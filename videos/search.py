"""What a search in the gallery looks at; see dashboard.gallery.search_index."""

from dashboard.gallery.search_index import SearchIndex

VIDEOS = SearchIndex("videos.Video", title="title", avatar="avatar__name", person="made_by__name")
