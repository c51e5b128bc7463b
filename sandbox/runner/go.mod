module callgate/runner

go 1.23
