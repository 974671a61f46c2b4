"""Pictures of one block, and of what it is made of."""
