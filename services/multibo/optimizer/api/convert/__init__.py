"""Messages to and from the domain's values, one module per proto file."""
