"""The use cases: what a caller can do, over ports; no wire, no driver."""
