"""The wall between a submission and everything worth stealing."""
