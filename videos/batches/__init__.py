"""Several videos at once: from several sounds, for several avatars, or by a sheet."""
