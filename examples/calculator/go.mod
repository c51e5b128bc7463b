module callgate/examples/calculator

go 1.23
