"""One module for each finding of a tenant that stopped the others, or had what is theirs."""
