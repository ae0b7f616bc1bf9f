"""Charts on their way to the browser: compiled templates, rows as Arrow, drawings to take along."""
