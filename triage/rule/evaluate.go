package rule

import "hivetriage/artifacts"

// Evaluate runs every rule on one process-creation event. args are the
// process's arguments, argv[0] first. The result is nil for events that are
// not process starts.
func Evaluate(e *artifacts.Event, args []string) []Match {
	return nil
}

// SHA256 returns the hex digest of the rules' text.
func SHA256() string { return "" }
