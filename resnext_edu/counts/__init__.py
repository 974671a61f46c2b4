"""What a forward pass does, as rows: one a call, their totals and table, and how others count. No torch here."""
