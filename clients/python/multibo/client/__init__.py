"""The public client of MultiBO."""
