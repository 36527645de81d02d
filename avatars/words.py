"""What a search in the gallery looks at; see dashboard.words."""

from dashboard.words import Index

AVATARS = Index("avatars.Avatar", name="name", person="made_by__name")
