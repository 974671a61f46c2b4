"""Pictures: a spec or a report goes in, a `Picture` comes out. Nothing here computes a count of its own."""
