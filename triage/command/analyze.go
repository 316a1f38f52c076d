package command

import "hivetriage/artifacts"

// Analyze says what a process's command line does to the credential hives,
// one Command for every hive that it names, in the order of the line.
func Analyze(p artifacts.Process) []Command {
	return nil
}
