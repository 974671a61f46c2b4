"""What a forward pass does, as rows: one for each call. Their totals, their table, and how others count. No torch."""
