"""The process that serves the app: what it draws before the first visitor comes, and the web server."""
