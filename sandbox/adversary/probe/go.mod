module callgate/probe

go 1.23
