"""Drawings of what was learned: plain values in, PNG or SVG out."""
