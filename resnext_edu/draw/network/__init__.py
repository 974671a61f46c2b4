"""Pictures of a network: its stages, its flow chart, and one configuration beside another."""
