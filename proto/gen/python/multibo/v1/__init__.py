"""The wire contract of MultiBO, generated from proto/multibo/v1; never edited."""
