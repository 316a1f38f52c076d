package artifacts

import (
	"reflect"
	"testing"
	"time"
)

func TestTraceDetails(t *testing.T) {
	var trace Trace
	for _, d := range []Datum{{"Hash", "1"}, {"Boot", ""}, {"Hash", "2"}} {
		trace.AddDetail(d.Name, d.Value)
	}
	if want := []Datum{{"Hash", "1"}, {"Hash", "2"}}; !reflect.DeepEqual(trace.Details, want) {
		t.Errorf("%v", trace.Details)
	}
	if hash, boot := trace.Detail("Hash"), trace.Detail("Boot"); hash != "1" || boot != "" {
		t.Errorf("%q, %q", hash, boot)
	}
}

// Times stand the oldest first, equal ones as they were added.
func TestTraceTimes(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var trace Trace
	for _, s := range []Stamp{{noon, "a"}, {noon.Add(time.Hour), "b"}, {time.Time{}, "none"}, {noon, "c"}, {noon.Add(-time.Hour), "d"}} {
		trace.AddTime(s.Time, s.Means)
	}
	order := ""
	for _, s := range trace.Times {
		order += s.Means
	}
	if order != "dacb" || trace.When() != noon.Add(time.Hour) {
		t.Errorf("%v", trace.Times)
	}
}
