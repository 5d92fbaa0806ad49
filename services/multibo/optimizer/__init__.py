"""Service 1: sessions and proposals over gRPC."""
