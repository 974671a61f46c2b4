"""Pictures of numbers that were measured: times, the findings of a proof, rounding."""
