"""Simulated users, judges, demos and protocols; talks to the service as a client."""
