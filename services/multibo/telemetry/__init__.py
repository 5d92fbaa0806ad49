"""What the processes say about themselves: one vocabulary of logs and metrics."""
