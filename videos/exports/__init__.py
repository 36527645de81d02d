"""Taking a finished video away in other forms, and showing it with its look: jobs that last (tasks), pages (views)."""
