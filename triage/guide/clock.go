package guide

import (
	"fmt"
	"time"
)

// A Clock is the zone that a host's clock was set to, as its SYSTEM hive has
// it. UTC = local time + Bias + the bias of the season, in minutes.
type Clock struct {
	Host, Name                       string
	Bias, StandardBias, DaylightBias int
	// When the seasons begin; nil where the hive does not say: then the bias
	// is that of the time when it was written.
	Standard, Daylight *Turn
	Because            string // where it was read
}

// A Turn is when a season begins in every year: on the Week-th Weekday of
// Month, the last one if Week is 5, or, where Year is not 0, on the day Week
// of Month in that year alone. Month 0: there are no seasons.
type Turn struct {
	Year, Month, Week int
	Weekday           time.Weekday
	Hour, Minute      int
}

// in is the turn in a year, by the clock that shows it; the zero time where
// there is none.
func (t *Turn) in(year int) time.Time {
	if t.Month == 0 || t.Year != 0 && t.Year != year {
		return time.Time{}
	}
	if t.Year != 0 {
		return time.Date(year, time.Month(t.Month), t.Week, t.Hour, t.Minute, 0, 0, time.UTC)
	}
	first := time.Date(year, time.Month(t.Month), 1, t.Hour, t.Minute, 0, 0, time.UTC)
	day := first.AddDate(0, 0, (int(t.Weekday-first.Weekday())+7)%7+7*(t.Week-1))
	if day.Month() != first.Month() { // the fifth is the last, which may be the fourth
		day = day.AddDate(0, 0, -7)
	}
	return day
}

// offset is what is added to UTC for the clock's time, in minutes.
func (c *Clock) offset(at time.Time) int {
	standard := -(c.Bias + c.StandardBias)
	if c.Standard == nil || c.Daylight == nil {
		return -c.Bias
	}
	year := at.UTC().Add(time.Duration(standard) * time.Minute).Year()
	begins, ends := c.Daylight.in(year), c.Standard.in(year)
	if begins.IsZero() || ends.IsZero() {
		return standard
	}
	daylight := -(c.Bias + c.DaylightBias)
	begins, ends = begins.Add(-time.Duration(standard)*time.Minute), ends.Add(-time.Duration(daylight)*time.Minute)
	summer := !at.Before(begins) && at.Before(ends)
	if ends.Before(begins) { // south of the equator
		summer = at.Before(ends) || !at.Before(begins)
	}
	if summer {
		return daylight
	}
	return standard
}

// local writes a time as the host's clock showed it, with its distance to UTC.
func (c *Clock) local(at time.Time) string {
	minutes := c.offset(at)
	sign, distance := '+', minutes
	if minutes < 0 {
		sign, distance = '-', -minutes
	}
	return fmt.Sprintf("%s (UTC%c%02d:%02d)", at.UTC().Add(time.Duration(minutes)*time.Minute).Format(time.DateTime), sign, distance/60, distance%60)
}

// known says how the zone is known.
func (c *Clock) known() string {
	text := fmt.Sprintf("The zone of %s is %s: %s", c.Host, c.Name, c.Because)
	switch {
	case c.Standard == nil || c.Daylight == nil:
		return text + "; the hive does not say when daylight time begins and ends, so the distance to UTC is the one that held when the hive was last written, and may have been another at the time of the act"
	case c.Standard.Month == 0 || c.Daylight.Month == 0:
		return text + "; its clock is not put forward and back"
	}
	return text + "; daylight time was reckoned by the rules in the hive"
}

// clock is that of a host, nil where it is not known.
func (f *Facts) clock(host string) *Clock {
	for i := range f.Clocks {
		if sameHost(f.Clocks[i].Host, host) {
			return &f.Clocks[i]
		}
	}
	if host == "" && len(f.Clocks) == 1 {
		return &f.Clocks[0]
	}
	return nil
}
