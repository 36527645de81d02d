"""Order among many: projects, tags, favourites of a person, and filters that a person saved."""
