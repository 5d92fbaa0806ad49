"""Browsers: gRPC-Web for the optimizer's services, and the page."""
