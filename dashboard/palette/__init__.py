"""The command palette: pages, actions and things by their names, from the keyboard."""
