"""The embedded engine: serves the Talking CG Avatar API and renders talking heads."""
