"""Words become voices: a typed text is said by a synthetic voice of one of several sources."""
