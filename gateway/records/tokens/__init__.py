"""What gateways know of the tokens that boxes obtain: until when each is good, and who obtains it now. No token itself."""
