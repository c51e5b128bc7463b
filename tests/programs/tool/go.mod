module callgate/tests/tool

go 1.23
