package jsonlog

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"hivetriage/artifacts"
)

// Records that forwarders wrote often have local times, even with a "Z" behind
// them, and some on a clock of twelve hours. Sysmon's UtcTime is always UTC,
// and the receiver's @timestamp is; against these a clock is compared.
const (
	zoneStep  = 15 * time.Minute // zones differ by multiples of this
	clockSlop = 2 * time.Minute  // that a clock is read late
	halfDay   = 12 * time.Hour
	farOff    = 6 * time.Hour // beyond this two times of one event are of two halves of the day
	largest   = 26 * time.Hour
)

// timeForms are the forms of times in the layouts, those with a zone first.
var timeForms = []struct {
	form  string
	zoned bool
}{
	{"2006-01-02T15:04:05.999999999Z07:00", true}, {"2006-01-02T15:04:05.999999999-0700", true}, {"2006-01-02 15:04:05.999999999Z07:00", true},
	{"2006-01-02 15:04:05.999999999 MST", true},
	{"2006-01-02T15:04:05.999999999", false}, {"2006-01-02 15:04:05.999999999", false},
}

// readTime reads a time. zoned is true if it has a zone other than "Z": one
// that somebody knew.
func readTime(s string) (t time.Time, zoned, ok bool) {
	if s == "" || len(s) > 40 {
		return t, false, false
	}
	for _, f := range timeForms {
		if t, err := time.Parse(f.form, s); err == nil && t.Year() >= firstYear && t.Year() <= lastYear {
			return t.UTC(), f.zoned && !strings.HasSuffix(s, "Z") && !strings.HasSuffix(s, "UTC"), true
		}
	}
	return readEpoch(s)
}

// The years that an event may be of.
const firstYear, lastYear = 1990, 2150

// readEpoch reads seconds, or milliseconds where there are too many of them,
// since 1970.
func readEpoch(s string) (t time.Time, zoned, ok bool) {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || !(x > 0) || x > 1e14 {
		return t, false, false
	}
	if x > 1e11 {
		x /= 1000
	}
	whole, part := math.Modf(x)
	t = time.Unix(int64(whole), int64(math.Round(part*1e6))*1000).UTC()
	return t, true, t.Year() >= firstYear && t.Year() <= lastYear
}

// zone is the multiple of zoneStep by which a clock differs from UTC, if it
// differs by one.
func zone(utc, recorded time.Time) (time.Duration, bool) {
	d := utc.Sub(recorded)
	z := d.Round(zoneStep)
	return z, (d-z).Abs() <= clockSlop && z.Abs() <= largest
}

// A clock is how far a host's recorded times are from UTC.
type clock struct {
	ahead time.Duration
	host  string
}

// clocks are those that Sysmon's records told so far.
type clocks struct {
	byHost map[string]clock
	last   *clock
}

// maxClocks bounds the hosts whose clocks are remembered.
const maxClocks = 4096

func (c *clocks) learn(host string, ahead time.Duration) {
	if c.byHost == nil || len(c.byHost) >= maxClocks {
		c.byHost = map[string]clock{}
	}
	k := clock{ahead, host}
	c.byHost[host], c.last = k, &k
}

// calibrateBytes is how much of a file's beginning is searched for a record
// of Sysmon that tells the clock of the records before it.
const calibrateBytes = 4 << 20

// utcTime is a key of Sysmon's records.
var utcTime = []byte(`"UtcTime"`)

// calibrate learns the clocks that hold at the beginning of the file.
func (c *clocks) calibrate(r io.ReaderAt, size int64) {
	first := clocks{}
	s := newSplitter(r, min(size, calibrateBytes))
	var p fastjson.Parser
	for {
		doc, problem, ok := s.next()
		if !ok {
			break
		}
		if problem != nil || !bytes.Contains(doc.text, utcTime) {
			continue
		}
		f, problem := read(&p, doc)
		if problem != nil {
			continue
		}
		if _, known := first.byHost[f.one(pathsHost...)]; !known {
			first.settle(f, f.one(pathsHost...))
		}
		if len(first.byHost) >= calibrateHosts {
			break
		}
	}
	*c = first
}

// calibrateHosts is for how many hosts calibrate looks at most.
const calibrateHosts = 16

// flatTimes are the keys of an event's time in the flat layouts.
var flatTimes = []string{"EventTime", "TimeCreated", "event_original_time", "EventCreatedTime"}

// settle tells when an event was recorded, and why that time was taken.
func (c *clocks) settle(f *fields, host string) (t time.Time, note string) {
	if text := f.one("System.TimeCreated.SystemTime", "System.TimeCreated.#attributes.SystemTime", "System.TimeCreated.@SystemTime",
		"System.TimeCreated_attributes.SystemTime"); text != "" {
		t, _, _ = readTime(text)
		return t, "time: System/TimeCreated, which the event log keeps in UTC"
	}
	if text := f.one("TimeCreated"); text != "" && f.one("EventRecordId") != "" {
		t, _, _ = readTime(text)
		return t, "time: TimeCreated of EvtxECmd, which writes the event log's own time in UTC"
	}
	for _, key := range flatTimes {
		if recorded, zoned, ok := readTime(f.one(key)); ok {
			return c.flat(f, host, key, recorded, zoned)
		}
	}
	text := f.one("@timestamp")
	t, _, _ = readTime(text)
	switch {
	case t.IsZero():
		return t, "the document has no time that can be read"
	case isECS(f):
		return t, "time: @timestamp, in which the shipper writes the event's own time in UTC; event.created and event.ingested are when it was read and stored"
	}
	return t, "time: @timestamp, the only one in the document; it may be when the record was received"
}

// isECS tells Elastic's shippers, which keep the event's time in @timestamp.
func isECS(f *fields) bool {
	return f.one("winlog.event_id", "winlog.channel", "ecs.version", "event.code", "event.kind", "event_data.UtcTime", "beat.version", "agent.type") != ""
}

// flat takes a time of a flat layout, which is the forwarder's local time
// unless something in the file says otherwise.
func (c *clocks) flat(f *fields, host, key string, recorded time.Time, zoned bool) (time.Time, string) {
	as := recorded.Format("2006-01-02 15:04:05")
	own := readUTC(f.data("UtcTime"))
	if zoned {
		return recorded, fmt.Sprintf("time: %s, which has a zone", key)
	}
	if !own.IsZero() {
		ahead, ok := zone(own, recorded)
		if !ok {
			return own, fmt.Sprintf("time: Sysmon's own UtcTime; %s, %s as recorded, does not fit it in any time zone", key, as)
		}
		c.learn(host, ahead)
		return recorded.Add(ahead), fmt.Sprintf("time: %s, %s as recorded%s by Sysmon's UtcTime in the same record", key, as, moved(ahead))
	}
	stamp, _, stamped := readTime(f.one("@timestamp"))
	received, _, ok := readTime(f.one("EventReceivedTime"))
	if ahead, fits := zone(stamp, received); stamped && ok && fits {
		t := recorded.Add(ahead)
		if d := stamp.Sub(t); d.Abs() > farOff { // a clock of twelve hours, read before and after noon
			t = t.Add(d.Round(halfDay))
			ahead += d.Round(halfDay)
		}
		return t, fmt.Sprintf("time: %s, %s as recorded%s, as EventReceivedTime is against @timestamp, which is UTC and says when the record was received",
			key, as, moved(ahead))
	}
	if k, ok := c.byHost[host]; ok {
		return recorded.Add(k.ahead), fmt.Sprintf("time: %s, %s as recorded%s by Sysmon's UtcTime in records of the same host nearby", key, as, moved(k.ahead))
	}
	if c.last != nil {
		return recorded.Add(c.last.ahead), fmt.Sprintf("time: %s, %s as recorded%s by Sysmon's UtcTime in records of %s, in the same file", key, as, moved(c.last.ahead), c.last.host)
	}
	return recorded, fmt.Sprintf("time: %s, taken as UTC: nothing in the file says in which zone it was written", key)
}

// moved says how a clock was corrected.
func moved(d time.Duration) string {
	switch {
	case d == 0:
		return ", which is UTC"
	case d < 0:
		return fmt.Sprintf(", put back by %s to UTC", clockText(-d))
	}
	return fmt.Sprintf(", put forward by %s to UTC", clockText(d))
}

func clockText(d time.Duration) string {
	return fmt.Sprintf("%d:%02d h", int(d.Hours()), int(d.Minutes())%60)
}

// begin puts the time into an event. Started is Sysmon's UtcTime where that is
// another.
func (c *clocks) begin(e *artifacts.Event, f *fields) {
	e.Time, e.TimeNote = c.settle(f, e.Host)
	if e.Time.IsZero() {
		e.Time = e.Started
	}
	if e.Started.Equal(e.Time) {
		e.Started = time.Time{}
	}
}
