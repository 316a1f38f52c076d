package report

import (
	"bytes"
	"strings"
	"testing"

	"hivetriage/triage/locate"
)

// A report says of file times that no zone is known for.
func TestLocalClock(t *testing.T) {
	c := confirmedCase()
	for _, kind := range []string{"html", "json", "txt"} {
		if text := render(t, kind, c); bytes.Contains(text, []byte(locate.LocalClock)) {
			t.Errorf("%s speaks of a local clock without one", kind)
		}
	}
	c.Exports[0].Clock = locate.LocalClock
	for _, kind := range []string{"html", "json", "txt"} {
		if text := render(t, kind, c); !strings.Contains(strings.Join(strings.Fields(string(text)), " "), locate.LocalClock) {
			t.Errorf("%s does not speak of the local clock", kind)
		}
	}
}
