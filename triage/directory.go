package triage

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"hivetriage/artifacts"
	"hivetriage/artifacts/ese"
	"hivetriage/triage/correlate"
	"hivetriage/triage/coverage"
	"hivetriage/triage/destination"
	"hivetriage/triage/locate"
	"hivetriage/triage/technique"
)

const (
	directoryName = "ntds.dit"
	directoryRow  = "directory database" // what the ledger calls copies of one

	// maxHashed bounds what is hashed without --hash, in bytes: a domain's
	// directory can be very large.
	maxHashed = 1 << 30

	// afterAct is how long after an act's last record a copy may have been made
	// that belongs to it.
	afterAct = 10 * time.Minute
)

// A directoryCopy is a copy of a domain's directory database, which with a
// SYSTEM of its domain controller gives every account of the domain.
type directoryCopy struct {
	at      artifacts.Locator
	state   string
	size    int64
	times   locate.FileTimes
	sha256  string
	told    []string // what is known of the file
	read    int64    // bytes
	problem string   // why not all of it could be read
	act     string   // id of the act that it belongs to
	alike   bool     // a shadow copy's, and the same as on the volume
}

// takeDatabase looks at a database that the ledger wants. What is no directory,
// or lies where it belongs, is counted only.
func (r *run) takeDatabase(ctx context.Context, entry artifacts.Entry) {
	row, d := r.readDatabase(ctx, entry)
	if d == nil {
		r.takeUsage(entry)
		r.ledger.Stream(row)
	} else {
		r.directories = append(r.directories, d) // its row waits for the acts
	}
}

// readDatabase tells a copy of a directory; of another database it returns its
// row. It may be called from several goroutines.
func (r *run) readDatabase(ctx context.Context, entry artifacts.Entry) (row coverage.Row, d *directoryCopy) {
	at, meta := entry.Locator(), entry.Meta()
	row = coverage.Row{State: coverage.Read}
	failed := func(err error) (coverage.Row, *directoryCopy) {
		return coverage.Row{What: "database", At: &at, State: coverage.Failed, Why: why(at, err)}, nil
	}
	content, err := entry.Open(ctx)
	if err != nil {
		return failed(err)
	}
	defer content.Close()
	named := strings.EqualFold(path.Base(at.Path), directoryName) || strings.EqualFold(path.Base(at.Member), directoryName)
	db, err := ese.Look(content, content.Size())
	if err != nil && !named {
		return failed(err)
	}
	place := locate.Directory(at, r.unpacked[at.Source])
	if !named && !db.Directory || place.Class == locate.Normal && stateOf(entry, meta) != "deleted" {
		return row, nil
	}
	d = &directoryCopy{at: at, state: stateOf(entry, meta), size: content.Size(), times: locate.FileTimes{SI: meta.Times}, read: db.Looked}
	if meta.NTFS != nil {
		d.times = locate.FileTimes{SI: meta.NTFS.SI, FN: meta.NTFS.FN}
	}
	if err != nil {
		d.problem = why(at, err)
	}
	d.describe(db, meta, place)
	d.hash(ctx, content, r.cfg.Hash)
	return row, d
}

// describe says what is known of the file but its digest.
func (d *directoryCopy) describe(db ese.Database, meta artifacts.Meta, place locate.Location) {
	by := "known by its tables (datatable, link_table, sd_table)"
	if !db.Directory {
		by = "a database known by its name only: the tables are not in what was looked at"
	}
	d.told = append(d.told, fmt.Sprintf("%s, %d bytes, %s", d.state, d.size, by))
	if db.State != "" {
		d.told = append(d.told, fmt.Sprintf("%s, pages of %d bytes", db.State, db.PageSize))
	}
	for _, t := range []struct {
		what string
		time time.Time
	}{{"created", d.times.SI.Created}, {"last written", d.times.SI.Modified}, {"created by $FILE_NAME", d.times.FN.Created}} {
		if !t.time.IsZero() {
			d.told = append(d.told, t.what+" "+stamp(t.time))
		}
	}
	if meta.Owner != "" {
		d.told = append(d.told, "owner "+meta.Owner)
	}
	if meta.Unreliable != "" {
		d.problem = meta.Unreliable
	}
	if place.Class != locate.Normal {
		d.told = append(d.told, strings.TrimSuffix(place.Why, "."))
	}
}

func (d *directoryCopy) hash(ctx context.Context, content artifacts.Content, always bool) {
	if content.Size() > maxHashed && !always {
		d.told = append(d.told, fmt.Sprintf("SHA-256 not computed, as it is larger than %d GiB (--hash does)", int64(maxHashed>>30)))
		return
	}
	sum, err := digest(ctx, content, content.Size(), nil)
	if err != nil {
		d.problem = "the content could not be read whole, so it has no digest: " + why(d.at, err)
		return
	}
	d.sha256, d.read = sum, content.Size()
	d.told = append(d.told, "SHA-256 "+sum)
}

// settleDirectories ties the copies of directories to the acts, and enters how
// each was read. One that belongs to no act is a gap: the SYSTEM that opens it
// must have been taken as well.
func (r *run) settleDirectories() {
	slices.SortStableFunc(r.directories, func(a, b *directoryCopy) int { return a.at.Compare(b.at) })
	for _, d := range r.directories {
		d.alike = r.onVolume(d)
		row := coverage.Row{What: directoryRow, At: &d.at, State: coverage.Read, Bytes: d.read}
		says := "a copy of a domain's directory (NTDS): "
		switch {
		case d.alike:
			says = "the same as on the volume itself: "
		default:
			row.Gap = !r.tieDirectory(d)
		}
		row.Why = says + strings.Join(d.told, "; ")
		switch {
		case d.act != "":
			row.Why += "; it belongs to " + d.act
		case row.Gap:
			row.Why += "; no SYSTEM that opens it was found with it: that was taken too, or the copy is of no use to anybody yet"
		}
		if d.problem != "" {
			row.State, row.Why = coverage.Partial, row.Why+"; "+d.problem
		}
		r.ledger.Stream(row)
	}
}

// onVolume reports whether a shadow copy's file is also on the volume, or in
// an older shadow copy, as it is.
func (r *run) onVolume(d *directoryCopy) bool {
	info := r.snapshots[keyOf(d.at)]
	return info != nil && d.sha256 != "" && slices.ContainsFunc(r.directories, func(o *directoryCopy) bool {
		older := r.snapshots[keyOf(o.at)]
		same := older == nil && o.at.Volume == info.Of || older != nil && older.Of == info.Of && older.Created.Before(info.Created)
		return same && o.at.Source == d.at.Source && strings.EqualFold(o.at.Path, d.at.Path) && o.sha256 == d.sha256
	})
}

// tieDirectory adds a copy to the act that it belongs to.
func (r *run) tieDirectory(d *directoryCopy) bool {
	for _, bond := range []func(*directoryCopy, *correlate.Act) string{r.liesBeside, r.written, r.madeDuring} {
		for i := range r.acts {
			a := &r.acts[i]
			why := bond(d, a)
			if why == "" {
				continue
			}
			d.act = a.ID
			a.For = append(a.For, fmt.Sprintf("a copy of a domain's directory database lies at %s, %s: with SYSTEM it gives every account of the domain (+0)", d.at.Place(), why))
			w := correlate.Whereabouts{Path: d.place(), State: d.state, SHA256: d.sha256, At: d.at}
			known, medium := r.surveyor()(d.at)
			a.Take(&w, destination.Judge(destination.Place{Path: d.at.Path, Stream: d.at.Stream, Member: d.at.Member, Medium: medium}, known))
			a.Whereabouts = append(a.Whereabouts, w)
			a.Attack = union(a.Attack, []string{"T1003.003"})
			slices.Sort(a.Attack)
			return true
		}
	}
	return false
}

func (d *directoryCopy) place() string {
	if d.at.Member != "" {
		return d.at.Place() + "!" + d.at.Member
	}
	return d.at.Place()
}

// liesBeside: one of the act's copies lies beside the database.
func (r *run) liesBeside(d *directoryCopy, a *correlate.Act) string {
	for _, hive := range []string{"SYSTEM", "SECURITY", "SAM"} {
		for i := range r.exports {
			if e := &r.exports[i]; e.Hive == hive && slices.Contains(a.Exports, e.ID) && locate.Companions(d.at, e.At) {
				return "beside the copy of " + hive + " (" + e.ID + ")"
			}
		}
	}
	return ""
}

// written: one of the act's commands writes to that folder.
func (r *run) written(d *directoryCopy, a *correlate.Act) string {
	for i := range r.records {
		rec := &r.records[i]
		if rec.From.Source != d.at.Source || !slices.Contains(a.Records, rec.ID) {
			continue
		}
		for _, c := range rec.Commands {
			if c.Technique != technique.IFM || c.Destination == "" {
				continue
			}
			to := strings.ToLower(strings.ReplaceAll(c.Destination, `\`, "/"))
			if _, rest, drive := strings.Cut(to, ":"); drive {
				to = rest
			}
			if strings.HasSuffix(strings.ToLower(path.Dir(d.at.Path)), strings.TrimRight(to, "/")+"/active directory") {
				return "where the command of record " + rec.ID + " writes it"
			}
		}
	}
	return ""
}

// madeDuring: the file was created while the act went on.
func (r *run) madeDuring(d *directoryCopy, a *correlate.Act) string {
	made := d.times.SI.Created
	if made.IsZero() || a.Start.IsZero() || made.Before(a.Start) || made.After(a.End.Add(afterAct)) {
		return ""
	}
	near := slices.ContainsFunc(r.exports, func(e locate.Export) bool {
		return slices.Contains(a.Exports, e.ID) && e.At.Source == d.at.Source && e.At.Disk() == d.at.Disk()
	})
	if !near {
		return ""
	}
	return "created at " + stamp(made) + ", while the act went on"
}

// directoryOf returns the place of the directory that an act took, "" if none
// is in the evidence.
func (r *run) directoryOf(act string) string {
	for _, d := range r.directories {
		if d.act == act {
			return d.place()
		}
	}
	return ""
}

// tellDirectories adds to the summary the copies of directories that no act
// accounts for; those of an act stand in its exposure.
func (r *run) tellDirectories(lines []string) []string {
	var places []string
	for _, d := range r.directories {
		if d.act == "" && !d.alike {
			places = append(places, d.place())
		}
	}
	if len(places) == 0 {
		return lines
	}
	return slices.Insert(lines, 1, fmt.Sprintf("%s of a domain's directory database (ntds.dit) with no SYSTEM beside, the first at %s: with it every account of the domain can be had.",
		plural(len(places), "copy", "copies"), places[0]))
}

// isDirectoryName reports whether a member of an archive may be a directory
// database.
func isDirectoryName(name string) bool { return strings.EqualFold(path.Ext(name), ".dit") }
