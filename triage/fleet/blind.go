package fleet

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// blind lists the computers of which no input's logs tell of commands at the
// time of the acts; without acts, of commands at all.
func (r *rollUp) blind() {
	tells := map[*machine]bool{}
	for _, h := range r.hosts {
		if r.tellsOfActs(h) {
			tells[h.machine] = true
		}
	}
	r.c.Blind = []Blind{}
	for _, h := range r.hosts {
		if tells[h.machine] || len(h.row.DataOf) > 0 {
			continue
		}
		var why []string
		add := func(reason string) {
			if reason != "" && !slices.Contains(why, reason) {
				why = append(why, reason)
			}
		}
		if h.row.Logs.Tell == TellsCommands {
			add(r.outside(h))
		} else {
			for _, reason := range []string{h.row.Unread, h.usable.CommandLines.Because, h.usable.ProcessStarts.Because, h.usable.Logons.Because} {
				add(reason)
			}
		}
		for _, gap := range h.row.Gaps {
			if strings.HasPrefix(gap, "cleared log: ") {
				add(strings.TrimPrefix(gap, "cleared log: "))
			}
		}
		r.c.Blind = append(r.c.Blind, Blind{Folder: h.row.Folder, Host: h.row.Name, Tell: h.row.Logs.Tell, Why: list(why)})
	}
}

// firstAct is when the first act that is not explained began, zero if that is
// not known.
func (r *rollUp) firstAct() time.Time {
	if len(r.c.Spread) == 0 {
		return time.Time{}
	}
	return r.c.Spread[0].Time
}

// tellsOfActs reports whether a host's logs tell of commands since the first
// act.
func (r *rollUp) tellsOfActs(h *host) bool {
	return h.row.Logs.Tell == TellsCommands && r.outside(h) == ""
}

// outside says how the commands that a host's logs tell of lie outside the time
// of the acts.
func (r *rollUp) outside(h *host) string {
	first, l := r.firstAct(), h.row.Logs
	switch {
	case first.IsZero() || l.From.IsZero():
	case l.From.After(first):
		return fmt.Sprintf("commands are told since %s only, and the first act on any host was at %s", second(l.From), second(first))
	case l.To.Before(first):
		return fmt.Sprintf("commands are told until %s only, and the first act on any host was at %s", second(l.To), second(first))
	}
	return ""
}
