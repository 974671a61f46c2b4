"""What a trained network loses if some of its paths are silenced."""
