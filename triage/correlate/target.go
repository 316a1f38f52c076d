package correlate

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"hivetriage/triage/command"
	"hivetriage/triage/locate"
)

// A target is one place that a record says a copy went to.
type target struct {
	command.Candidate
	hives   []string
	written string   // as the record has it
	on      *Machine // whose disk the place is on; nil: the record's own host's

	relative, drive string // of Path, as command.VolumePath has them
}

func newTarget(c command.Candidate, hives []string, written string) target {
	t := target{Candidate: c, hives: hives, written: written}
	t.relative, t.drive = command.VolumePath(c.Path)
	return t
}

// targets lists the places that a record names, the certain ones first.
func targets(r *Record) []target {
	if r.File != "" {
		file, because := r.File, "named by the file event"
		if r.Kind != "file" {
			file, because = r.Destination, "named by the "+r.Kind+" record"
		}
		path, stream := command.SplitStream(file)
		return []target{newTarget(command.Candidate{Path: path, Stream: stream, Certain: true, Local: true, Because: because}, r.Hives, file)}
	}
	p := r.process()
	var all []target
	for _, c := range r.Commands {
		if !c.Copies() || c.Remote != "" {
			continue
		}
		for _, output := range c.Outputs() {
			for _, candidate := range command.Resolve(output.File, p.WorkingDirectory, p.Executable, r.User.Name) {
				all = append(all, newTarget(candidate, output.Hives, output.File))
			}
		}
	}
	return all
}

// targets are those of the record, with the places that shares of machines in
// the evidence stand for.
func (k *Known) targets(r *Record) []target {
	all := targets(r)
	for i, t := range all {
		if t.relative == "" && strings.HasPrefix(t.Path, `\\`) {
			if local, ok := k.lent(r, t); ok {
				all[i] = local
			}
		}
	}
	return all
}

// lent resolves a UNC path whose host is the record's own or another machine
// in the evidence.
func (k *Known) lent(r *Record, t target) (target, bool) {
	host, rest, _ := strings.Cut(strings.TrimLeft(t.Path, `\`), `\`)
	share, rest, _ := strings.Cut(rest, `\`)
	own := t.Local || sameHost(host, r.Host)
	m := k.named(host)
	if own {
		m = k.named(r.Host)
	}
	c := t.Candidate
	switch folder, told := m.folder(share); {
	case m == nil && !own || rest == "":
		return t, false
	case len(share) == 2 && share[1] == '$' && isLetter(share[0]):
		c.Path, c.Because = share[:1]+`:\`+rest, fmt.Sprintf(`The path is the administrative share of drive %s of %s.`, strings.ToUpper(share[:1]), host)
	case strings.EqualFold(share, "ADMIN$"):
		c.Path, c.Certain, c.Because = `C:\Windows\`+rest, false, fmt.Sprintf(`The path is the ADMIN$ share of %s, which is the Windows folder; C:\Windows is assumed.`, host)
	case folder != "":
		c.Path, c.Because = strings.TrimRight(folder, `\`)+`\`+rest, fmt.Sprintf(`The share %s of %s stands for %s (%s).`, share, host, folder, told)
	default:
		return t, false
	}
	c.Local = true
	local := newTarget(c, t.hives, t.written)
	if !own {
		local.on = m
	}
	return local, true
}

// folder is what a share of the machine stands for; "" if that is not known.
func (m *Machine) folder(share string) (folder, told string) {
	if m == nil {
		return "", ""
	}
	for _, s := range m.Shares {
		if strings.EqualFold(s.Name, share) {
			return s.Folder, s.Told
		}
	}
	return "", ""
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// pathsEqual reports whether an export lies at a target, or lay there.
func pathsEqual(t target, e *locate.Export) bool {
	ok, doubt := t.lies(e)
	return ok && doubt == ""
}

// lies reports whether an export lies at a target, or lay there. What may be
// its 8.3 name by the rules only leaves a doubt.
func (t *target) lies(e *locate.Export) (ok bool, doubt string) {
	if t.relative == "" || !strings.EqualFold(t.Stream, e.At.Stream) {
		return false, ""
	}
	if t.drive != "" && e.Drive != "" && !strings.EqualFold(t.drive+":", e.Drive) {
		return false, "" // the same path on another volume
	}
	if t.at(e.At.Path) || slices.ContainsFunc(e.Links, t.at) || slices.ContainsFunc(e.History, func(h locate.Happening) bool { return h.Path != "" && t.at(h.Path) }) {
		return true, ""
	}
	if !strings.Contains(t.relative, "~") {
		return false, ""
	}
	if e.Short != "" {
		return t.atShort(e.At.Path, e.Short), ""
	}
	if t.mayShorten(e.At.Path) || slices.ContainsFunc(e.History, func(h locate.Happening) bool { return h.Path != "" && t.mayShorten(h.Path) }) {
		return true, fmt.Sprintf("%s is taken for the 8.3 name of %s, which only the volume itself could say", t.Path, place(e.At))
	}
	return false, ""
}

// at reports whether path is the target's, or the target's below a folder
// that stands for the drive in unpacked evidence ("/C/Users/...").
func (t *target) at(path string) bool {
	path = strings.ToLower(path)
	return path == t.relative || strings.HasSuffix(path, t.relative) && locate.DriveRoot(path[:len(path)-len(t.relative)])
}

// atShort compares a target with 8.3 names with a path and its 8.3 names.
func (t *target) atShort(path, short string) bool {
	written, long, brief := split(t.relative), split(path), split(short)
	return len(written) == len(long) && len(long) == len(brief) && each(written, func(i int) bool {
		return strings.EqualFold(written[i], long[i]) || strings.EqualFold(written[i], brief[i])
	})
}

// mayShorten reports whether the target, which has 8.3 names, may be a path
// whose own are not known.
func (t *target) mayShorten(path string) bool {
	written, long := split(t.relative), split(path)
	above := len(long) - len(written)
	return above >= 0 && locate.DriveRoot(strings.Join(long[:above], "/")) && each(written, func(i int) bool {
		name := strings.ToLower(long[above+i])
		return written[i] == name || command.Shortens(written[i], name)
	})
}

func split(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }

func each(names []string, is func(int) bool) bool {
	for i := range names {
		if !is(i) {
			return false
		}
	}
	return true
}

// nameOnly reports whether a record names a file without its folder.
func (t *target) nameOnly() bool { return !strings.ContainsAny(t.Path, `\/:`) }

// keys are what targets at the places of an export have in common with it: the
// last components, in lower case.
func keys(e *locate.Export) []string {
	names := []string{e.At.Path, e.Short}
	names = append(names, e.Links...)
	for _, h := range e.History {
		names = append(names, h.Path)
	}
	for i, name := range names {
		names[i] = strings.ToLower(path.Base(name))
	}
	return unique(names)
}
