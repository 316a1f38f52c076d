package guide

import (
	"strings"
	"testing"
	"time"
)

// TestClock: the host's own time on both sides of both turns, north and south
// of the equator, and where the hive does not tell of turns.
func TestClock(t *testing.T) {
	berlin := Clock{Host: "WS1", Name: "W. Europe", Bias: -60, DaylightBias: -60,
		Daylight: &Turn{Month: 3, Week: 5, Hour: 2}, Standard: &Turn{Month: 10, Week: 5, Hour: 3}}
	sydney := Clock{Bias: -600, DaylightBias: -60, Daylight: &Turn{Month: 10, Week: 1, Hour: 2}, Standard: &Turn{Month: 4, Week: 1, Hour: 3}}
	pacific := Clock{Bias: 480, DaylightBias: -60, Daylight: &Turn{Month: 3, Week: 2, Hour: 2}, Standard: &Turn{Month: 11, Week: 1, Hour: 2}}
	once := Clock{Bias: -60, DaylightBias: -60, Daylight: &Turn{Year: 2026, Month: 3, Week: 20, Hour: 2}, Standard: &Turn{Year: 2026, Month: 10, Week: 1, Hour: 3}}
	for _, row := range []struct {
		clock    *Clock
		at, want string
	}{
		{&berlin, "2026-03-14T12:00:00Z", "2026-03-14 13:00:00 (UTC+01:00)"},
		{&berlin, "2026-03-29T00:59:59Z", "2026-03-29 01:59:59 (UTC+01:00)"},
		{&berlin, "2026-03-29T01:00:00Z", "2026-03-29 03:00:00 (UTC+02:00)"},
		{&berlin, "2026-10-25T00:59:59Z", "2026-10-25 02:59:59 (UTC+02:00)"},
		{&berlin, "2026-10-25T01:00:00Z", "2026-10-25 02:00:00 (UTC+01:00)"},
		{&berlin, "2026-12-31T23:30:00Z", "2027-01-01 00:30:00 (UTC+01:00)"},
		{&sydney, "2026-01-15T00:00:00Z", "2026-01-15 11:00:00 (UTC+11:00)"},
		{&sydney, "2026-07-15T00:00:00Z", "2026-07-15 10:00:00 (UTC+10:00)"},
		{&pacific, "2026-07-15T00:00:00Z", "2026-07-14 17:00:00 (UTC-07:00)"},
		{&pacific, "2026-12-15T00:00:00Z", "2026-12-14 16:00:00 (UTC-08:00)"},
		{&once, "2026-05-01T00:00:00Z", "2026-05-01 02:00:00 (UTC+02:00)"},
		{&once, "2027-05-01T00:00:00Z", "2027-05-01 01:00:00 (UTC+01:00)"},
		{&Clock{Bias: -330}, "2026-05-01T00:00:00Z", "2026-05-01 05:30:00 (UTC+05:30)"},
		{&Clock{Bias: -330, Daylight: &Turn{}, Standard: &Turn{}}, "2026-05-01T00:00:00Z", "2026-05-01 05:30:00 (UTC+05:30)"},
	} {
		at, err := time.Parse(time.RFC3339, row.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := row.clock.local(at); got != row.want {
			t.Errorf("%s: %s, want %s", row.at, got, row.want)
		}
	}
	for _, row := range []struct {
		clock *Clock
		want  string
	}{
		{&berlin, "by the rules in the hive"},
		{&Clock{Bias: -60}, "may have been another"},
		{&Clock{Bias: -60, Daylight: &Turn{}, Standard: &Turn{}}, "not put forward and back"},
	} {
		if got := row.clock.known(); !strings.Contains(got, row.want) {
			t.Errorf("%q, want %q in it", got, row.want)
		}
	}
}
