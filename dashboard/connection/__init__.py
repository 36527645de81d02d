"""The page "Connection" of owners and admins: what this installation is connected to, whether it works, tests."""
