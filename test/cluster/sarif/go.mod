// Nothing of ours is written in Go here: the module holds SARIF's own schema, which the test reads out of it.
module stateward.dev/test/sarif

go 1.26

require github.com/owenrumney/go-sarif/v3 v3.3.1
