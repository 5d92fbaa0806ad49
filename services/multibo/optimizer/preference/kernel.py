"""The Matern-5/2 kernel with one length-scale per axis, and its gradients.

Chosen over the squared exponential by simulation: utilities that peak at one
point are sharper there than an infinitely smooth function can be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multibo.optimizer.preference.arrays import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """`k(x, y) = s^2 (1 + r + r^2 / 3) exp(-r)` with `r^2 = 5 sum_j d_j^2 / l_j^2`."""

    length_scales: Floats
    """`d` positive length-scales `l`, in units of the unit box."""
    output_scale: float
    """Prior standard deviation `s` of the utility, in logits of a choice."""

    @property
    def variance(self) -> float:
        """Prior variance of the utility at any point."""
        return self.output_scale**2

    def matrix(self, left: Floats, right: Floats) -> Floats:
        """Return the `a x b` covariances of two sets of points.

        Args:
            left: `a x d` points.
            right: `b x d` points.
        """
        covariance, _ = self.matrix_and_slope(left, right)
        return covariance

    def matrix_and_slope(self, left: Floats, right: Floats) -> tuple[Floats, Floats]:
        """Return covariances, and how fast they fall with the squared distance.

        Args:
            left: `a x d` points.
            right: `b x d` points.

        Returns:
            `a x b` covariances, and `a x b` slopes: minus twice the derivative in
            `sum_j (x_j - y_j)^2 / l_j^2`.
        """
        scaled_left = left / self.length_scales
        scaled_right = right / self.length_scales
        squared = (
            np.einsum("ij,ij->i", scaled_left, scaled_left)[:, None]
            + np.einsum("ij,ij->i", scaled_right, scaled_right)[None, :]
            - 2.0 * scaled_left @ scaled_right.T
        )
        # Cancellation leaves tiny negative squares between equal points.
        squared = 5.0 * np.maximum(squared, 0.0)
        distance = np.sqrt(squared)
        decay = self.variance * np.exp(-distance)
        covariance = decay * (1.0 + distance + squared / 3.0)
        slope = decay * (5.0 / 3.0) * (1.0 + distance)
        return covariance, slope

    def point_gradient(
        self, left: Floats, right: Floats, weighted_slope: Floats
    ) -> Floats:
        """Return the gradient of `sum_b w_ab k(left_a, right_b)` in each left point.

        Args:
            left: `a x d` points.
            right: `b x d` points.
            weighted_slope: `a x b` products of `w_ab` and the slope.

        Returns:
            `a x d` gradients.
        """
        total = weighted_slope.sum(axis=1, keepdims=True)
        pull = weighted_slope @ right - total * left
        gradient: Floats = pull / self.length_scales**2
        return gradient

    def log_gradient(
        self, points: Floats, covariance: Floats, sensitivity: Floats
    ) -> Floats:
        """Return the gradient of `sum M * K` in the logarithms of the parameters.

        Args:
            points: `m x d` points that gave the covariance.
            covariance: matrix `K` of `m` rows or more, all of it a multiple of `s^2`;
                what follows the points' rows does not depend on length-scales.
            sensitivity: symmetric matrix `M` of that size, held constant.

        Returns:
            `d + 1` derivatives: by each `log l_j`, then by `log s`.
        """
        _, slope = self.matrix_and_slope(points, points)
        weighted = sensitivity[: len(points), : len(points)] * slope
        # sum_ab w_ab (x_aj - x_bj)^2 for symmetric w.
        spread = 2.0 * (
            weighted.sum(axis=1) @ points**2
            - np.einsum("aj,aj->j", points, weighted @ points)
        )
        by_length = spread / self.length_scales**2
        by_output = 2.0 * (sensitivity * covariance).sum()
        return np.append(by_length, by_output)
