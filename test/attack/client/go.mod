module stateward.dev/test/attack/client

go 1.21
