"""What surrounds every page: routes, sidebar, address, header."""
