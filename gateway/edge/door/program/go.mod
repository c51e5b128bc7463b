module callgate/door

go 1.26
