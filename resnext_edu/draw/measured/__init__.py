"""Pictures of measured numbers: times, the findings of a proof, rounding."""
