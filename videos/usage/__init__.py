"""How much is made, how long it takes, what fails: the page "Usage" of owners and admins."""
