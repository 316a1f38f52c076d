package triage

import (
	"context"
	"slices"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
	"hivetriage/artifacts/hive/machine"
	"hivetriage/triage/coverage"
	"hivetriage/triage/expose"
	"hivetriage/triage/settings"
)

// A living is what a host's own hives tell when they are read for more than
// its name: its accounts and secrets as they are now, and how it was set up.
type living struct {
	hives expose.Hives
	set   settings.Facts
}

// take adds what one live hive tells.
func (h *living) take(part *living, path string) {
	h.hives.Take(part.hives, "", path)
	if part.set.Audit != nil {
		h.set.Audit, h.set.AuditPath = part.set.Audit, part.set.AuditPath
	}
	if part.set.System != nil {
		h.set.System, h.set.SystemPath = part.set.System, part.set.SystemPath
	}
	if part.set.Software != nil {
		h.set.Software, h.set.SoftwarePath = part.set.Software, part.set.SoftwarePath
	}
}

// readLiving reads the live hives of the evidence: in a run over many inputs
// those of the inputs with a finding only. SAM and SECURITY are loaded;
// SYSTEM and SOFTWARE, which can be large, are browsed.
func (r *run) readLiving(ctx context.Context) {
	r.living = map[hostKey]*living{}
	findings := r.findings()
	parts := make([]living, len(r.live))
	read := make([]bool, len(r.live))
	abreast(r.cfg.Workers, len(r.live), func(i int) {
		l := &r.live[i]
		if l.rest != nil || l.entry == nil || r.inSnapshot(l.at) || r.frugal() && !findings[l.at.Source] || ctx.Err() != nil {
			return
		}
		read[i] = true
		if err := r.readLive(ctx, l, &parts[i]); err != nil {
			r.ledger.Note(coverage.Row{What: "live hive", At: &l.at, State: coverage.Partial, Why: "its accounts and settings: " + why(l.at, err)})
		}
	})
	for i := range parts {
		if !read[i] {
			continue
		}
		l := &r.live[i]
		h := r.living[l.host()]
		if h == nil {
			h = &living{}
			r.living[l.host()] = h
		}
		h.take(&parts[i], l.at.Path)
	}
	for i := range r.hosts {
		h := r.living[r.hosts[i].key]
		if h == nil {
			continue
		}
		h.set.Access, h.set.Shadows = r.accessOf(r.hosts[i].key)
		r.hosts[i].Settings = settings.List(h.set)
	}
}

// readLive reads one live hive into h. The error is the first problem with it;
// a panic is a bug that costs this hive only.
func (r *run) readLive(ctx context.Context, l *liveHive, h *living) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = artifacts.NewProblem(artifacts.Bug, -1, "%v", p)
		}
	}()
	switch l.kind {
	case hive.SAM, hive.Security:
		whole, err := r.openLive(ctx, *l)
		if whole == nil {
			return err
		}
		h.hives.Take(contents(whole, l.kind, err == nil), "", l.at.Path)
		if l.kind == hive.Security {
			policy, auditErr := machine.ReadAudit(whole.Tops())
			if err == nil {
				err = auditErr
			}
			if policy.Certainty != "" {
				h.set.Audit, h.set.AuditPath = &policy, l.at.Path
			}
		}
		return err
	case hive.System, hive.Software:
		return r.browseLive(ctx, l, h)
	}
	return nil
}

func (r *run) browseLive(ctx context.Context, l *liveHive, h *living) error {
	content, err := l.entry.Open(ctx)
	if err != nil {
		return err
	}
	defer content.Close()
	content, _ = r.throughLogs(ctx, l.at, content) // told when it was read first
	browser, err := hive.Browse(content, content.Size())
	if err != nil {
		return err
	}
	c := treeContents([]hive.Node{browser.Root()}, nil, l.kind, true)
	err = browser.Err()
	if c.System != nil {
		c.System.Complete = err == nil
		h.set.System, h.set.SystemPath = &c.System.Facts, l.at.Path
	}
	if c.Software != nil {
		c.Software.Complete = err == nil
		h.set.Software, h.set.SoftwarePath = &c.Software.Facts, l.at.Path
	}
	h.hives.Take(c, "", l.at.Path)
	return err
}

// liveOf returns what the live hives of a host tell: of the machine with a SID
// or a name, or of the only host of the evidence if neither is known.
func (r *run) liveOf(sid, name string) expose.Hives {
	i := slices.IndexFunc(r.hosts, func(h Host) bool { return sid != "" && h.MachineSID == sid })
	if i < 0 && name != "" {
		short, _, _ := strings.Cut(name, ".")
		i = slices.IndexFunc(r.hosts, func(h Host) bool { return strings.EqualFold(h.Name, short) || strings.EqualFold(h.Name, name) })
	}
	if i < 0 && sid == "" && name == "" && len(r.hosts) == 1 {
		i = 0
	}
	if i < 0 || r.living[r.hosts[i].key] == nil {
		return expose.Hives{}
	}
	return r.living[r.hosts[i].key].hives
}
