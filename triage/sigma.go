package triage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/eventlog"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/rule/sigma"
)

// Limits on what is told of the user's own rules.
const (
	maxSigma         = 1000 // notices that differ in what they say
	maxSigmaOfRule   = 50   // of one rule
	maxSigmaRows     = 500  // rows of coverage of one kind
	maxSigmaFields   = 6    // fields that a notice shows
	longestSigmaText = 300  // bytes of one of them
)

// sigmaFound is what the rules found in one log, or in several.
type sigmaFound struct {
	notices []correlate.Notice
	by      []*sigma.Rule     // whose notices they are
	at      map[noticeKey]int // index in notices
	ofRule  map[*sigma.Rule]int
	counts  map[*sigma.Rule]int64 // of events
	beyond  int64
}

func newSigmaFound() *sigmaFound {
	return &sigmaFound{at: map[noticeKey]int{}, ofRule: map[*sigma.Rule]int{}, counts: map[*sigma.Rule]int64{}}
}

// matchSigma reads the logs again for what the user's own rules match: around
// the acts, or, where there are none or none has a time, at any time.
func (r *run) matchSigma(ctx context.Context, w *wanted) {
	set := r.cfg.Sigma
	if set == nil {
		return
	}
	reach := "at any time, since no act was found"
	if w != nil {
		reach = fmt.Sprintf("around the acts (%g hours before and after)", r.cfg.Window.Hours())
		if !slices.ContainsFunc(r.acts, func(a correlate.Act) bool { return !a.End.IsZero() }) {
			w, reach = nil, "at any time, since no act has one"
		}
	}
	kinds, all := set.Kinds()
	query := eventlog.Query{All: all, Since: r.cfg.Since, Until: r.cfg.Until}
	for _, k := range kinds {
		query.Select = append(query.Select, eventlog.Selector{Provider: k.Provider, ID: k.ID, Data: true})
	}
	if w != nil {
		query.Since, query.Until = latest(query.Since, w.from), earliest(query.Until, w.to)
	}
	pass, found := set.Begin(), newSigmaFound()
	query.Match = func(e *artifacts.Event) bool { return (w == nil || w.in(e.Time)) && pass.Holds(e) }
	again, report := r.newSightings(), r.progress("rules", "")
	for rest := r.logs; len(rest) > 0 && len(set.Rules()) > 0; {
		n := r.together(rest)
		q, parts := query, make([]*sigmaFound, n)
		if q.Workers = r.cfg.Workers; n > 1 {
			q.Workers = 1
		}
		abreast(r.cfg.Workers, n, func(i int) {
			if w == nil || w.meets(rest[i].stats) {
				parts[i] = r.sigmaIn(ctx, rest[i], q, again)
			}
		})
		for _, p := range parts {
			found.merge(p)
		}
		rest = rest[n:]
		report(int64(len(r.logs)-len(rest)), int64(len(r.logs)))
	}
	r.notices = append(r.notices, found.notices...)
	correlate.SortNotices(r.notices)
	r.tellSigma(ctx, pass, found, reach)
}

// sigmaIn matches the rules against one log. A panic costs this log only.
func (r *run) sigmaIn(ctx context.Context, l *logFile, q eventlog.Query, again *sightings) (found *sigmaFound) {
	if !l.open || ctx.Err() != nil {
		return nil
	}
	found = newSigmaFound()
	defer func() {
		if p := recover(); p != nil {
			r.ledger.Problem("Sigma rules", artifacts.Located(l.at, artifacts.NewProblem(artifacts.Bug, -1, "%v", p)), false)
		}
	}()
	content, err := l.entry.Open(ctx)
	if err != nil {
		r.ledger.Problem("Sigma rules", artifacts.Located(l.at, err), false)
		return nil
	}
	defer content.Close()
	log, _ := l.read(content) // its problem is in the ledger since the first pass
	for event, err := range log.Events(ctx, q) {
		if err != nil || r.repeated(again, &event, l) { // an error was told by the first pass
			continue
		}
		for _, m := range r.cfg.Sigma.Match(&event) {
			found.counts[m.Rule]++
			found.add(m.Rule, sigmaNotice(&event, &m))
		}
	}
	return found
}

// sigmaNotice tells of a rule that an event fulfils.
func sigmaNotice(e *artifacts.Event, m *sigma.Match) correlate.Notice {
	known := []string{}
	for _, s := range []string{m.Rule.Level, m.Rule.ID, m.Rule.File} {
		if s != "" {
			known = append(known, s)
		}
	}
	what := fmt.Sprintf("the Sigma rule %q (%s) matches", m.Rule.Title, strings.Join(known, ", "))
	var fields []string
	for i, f := range m.Fields {
		if i == maxSigmaFields {
			fields = append(fields, fmt.Sprintf("and %d more", len(m.Fields)-i))
			break
		}
		text := f.Value
		if len(text) > longestSigmaText {
			text = strings.ToValidUTF8(text[:longestSigmaText], "") + " …"
		}
		if f.Name != "" {
			text = f.Name + " = " + text
		}
		fields = append(fields, text)
	}
	if len(fields) > 0 {
		what += ": " + strings.Join(fields, "; ")
	}
	return correlate.Notice{Time: e.Began(), Last: e.Began(), Count: 1, Host: e.Host, User: e.User, Kind: "sigma", What: what, From: correlate.FromEvent(e)}
}

// add keeps a notice, or counts it with others that say the same.
func (s *sigmaFound) add(rule *sigma.Rule, n correlate.Notice) {
	key := noticeKey{n.Host, n.Kind, n.What}
	switch i, known := s.at[key]; {
	case known:
		more := n.Count - 1
		s.notices[i].Add(n)
		s.notices[i].Count += more
	case len(s.notices) >= maxSigma || s.ofRule[rule] >= maxSigmaOfRule:
		s.beyond += int64(n.Count)
	default:
		s.at[key] = len(s.notices)
		s.notices, s.by = append(s.notices, n), append(s.by, rule)
		s.ofRule[rule]++
	}
}

// merge adds what was found in another log.
func (s *sigmaFound) merge(o *sigmaFound) {
	if o == nil {
		return
	}
	for i, n := range o.notices {
		s.add(o.by[i], n)
	}
	for rule, n := range o.counts {
		s.counts[rule] += n
	}
	s.beyond += o.beyond
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// earliest is the earlier one, where zero stands for no bound.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// tellSigma enters into the ledger what became of the rules.
func (r *run) tellSigma(ctx context.Context, pass *sigma.Pass, found *sigmaFound, reach string) {
	set := r.cfg.Sigma
	row := coverage.Row{What: "Sigma rules", State: coverage.Read, Records: int64(len(set.Rules())),
		Why: fmt.Sprintf("%s matched against the events %s: %d of them match, %d were refused", plural(len(set.Rules()), "rule was", "rules were"), reach, len(found.counts), len(set.Refused()))}
	if ctx.Err() != nil {
		row.State, row.Why = coverage.Partial, row.Why+"; interrupted before all logs were read"
	}
	r.ledger.Note(row)
	if found.beyond > 0 {
		r.ledger.Note(coverage.Row{What: "Sigma rules", State: coverage.Skipped, Records: found.beyond,
			Why: fmt.Sprintf("more than %d different matches, or %d of one rule: the rest are counted by rule and not listed", maxSigma, maxSigmaOfRule)})
	}
	for _, a := range pass.Absent() {
		r.ledger.Note(coverage.Row{What: "Sigma rules", State: coverage.Absent,
			Why: fmt.Sprintf("%s: no event that %s is in the logs %s", a.Source, plural(a.Rules, "rule about it asks for", "rules about it ask for"), reach)})
	}
	rows := newRowList(&r.ledger)
	for _, refused := range set.Refused() {
		rows.add(coverage.Unsupported, 0, "refused: "+refused.String())
	}
	for _, lack := range pass.Lacking() {
		rows.add(coverage.Partial, 0, fmt.Sprintf("%s asks for what none of its events has: %s", lack.Rule.Name(), strings.Join(lack.Fields, ", ")))
	}
	for _, rule := range set.Rules() {
		if n := found.counts[rule]; n > 0 {
			rows.add(coverage.Read, n, fmt.Sprintf("%s, level %s: %s", rule.Name(), cmp.Or(rule.Level, "not given"), plural(int(n), "event matches", "events match")))
		}
	}
	rows.end()
}

// A rowList enters rows about single rules, so many of each state.
type rowList struct {
	ledger *coverage.Ledger
	n      map[coverage.State]int
}

func newRowList(l *coverage.Ledger) *rowList { return &rowList{l, map[coverage.State]int{}} }

func (l *rowList) add(state coverage.State, records int64, why string) {
	if l.n[state]++; l.n[state] <= maxSigmaRows {
		l.ledger.Note(coverage.Row{What: "Sigma rule", State: state, Records: records, Why: why})
	}
}

func (l *rowList) end() {
	for state, n := range l.n {
		if n > maxSigmaRows {
			l.ledger.Note(coverage.Row{What: "Sigma rule", State: state, Why: fmt.Sprintf("and %d more, not listed", n-maxSigmaRows)})
		}
	}
}
