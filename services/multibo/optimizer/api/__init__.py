"""The wire edge: servicers convert, call one use case, and convert back."""
