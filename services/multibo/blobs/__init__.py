"""Images: content-addressed, immutable, first writer wins."""
