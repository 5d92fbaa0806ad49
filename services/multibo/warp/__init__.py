"""The warp: a vector that alters a diffusion model's self-attention.

`space` and `errors` need numpy alone and may be imported by any service; the other
modules need torch, and `install` needs diffusers.
"""
