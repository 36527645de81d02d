"""What a search in the gallery looks at; see dashboard.words."""

from dashboard.words import Index

VIDEOS = Index("videos.Video", title="title", avatar="avatar__name", person="made_by__name")
