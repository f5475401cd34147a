// A compose file as `docker compose config` resolves it, by the loader that Docker Compose is built on: the oracle of
// tests/unit/test_compose.py. Arguments: the compose file and the .env file. It checks the specification's schema, fills
// in the variables, and prints the project as JSON; where something is wrong it says what and ends with 1.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	options, err := cli.NewProjectOptions(os.Args[1:2], cli.WithEnvFiles(os.Args[2]), cli.WithDotEnv)
	must(err)
	project, err := options.LoadProject(context.Background())
	must(err)
	text, err := project.MarshalJSON()
	must(err)
	fmt.Println(string(text))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
