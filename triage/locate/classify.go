package locate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// A matcher is a row with its compiled pattern.
type matcher struct {
	row
	expression *regexp.Regexp
}

var (
	alertMatchers = compile(alerts)
	placeMatchers = compile(places)
	liveAnywhere  = regexp.MustCompile(expression("**/WINDOWS/system32/config/HIVE"))
)

func compile(rows []row) []matcher {
	out := make([]matcher, len(rows))
	for i, r := range rows {
		out[i] = matcher{r, regexp.MustCompile(expression(r.pattern))}
	}
	return out
}

// expression turns a row's pattern into a regular expression.
func expression(pattern string) string {
	pattern = strings.NewReplacer("HIVE", "{sam,security,system}", "WINDOWS", "{windows,winnt}").Replace(pattern)
	var b strings.Builder
	b.WriteString("^")
	depth := 0
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case strings.HasPrefix(pattern[i:], "**/"):
			b.WriteString("(?:[^/]*/)*")
			i += 2
		case strings.HasPrefix(pattern[i:], "**"):
			b.WriteString(".*")
			i++
		case c == '*':
			b.WriteString("[^/]*")
		case c == '?':
			b.WriteString("[^/]")
		case c == '{' && isChoice(pattern[i:]):
			b.WriteString("(?:")
			depth++
		case c == '}' && depth > 0:
			b.WriteString(")")
			depth--
		case c == ',' && depth > 0:
			b.WriteString("|")
		case c == '[' || c == ']' || c == '-':
			b.WriteByte(c)
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	b.WriteString("$")
	return b.String()
}

// isChoice tells {a,b} from the braces of a GUID, which have no comma.
func isChoice(pattern string) bool {
	depth := 0
	for _, c := range pattern {
		switch {
		case c == '{':
			depth++
		case c == ',' && depth == 1:
			return true
		case c == '}':
			if depth--; depth == 0 {
				return false
			}
		}
	}
	return false
}

// Classify judges the place of a credential hive. What stands in an
// alternate data stream, or fits no row of the table, is Unexpected; a normal
// place is not enough where the name, the state or the form of the hive
// speaks against it.
func Classify(p Place) Location {
	path := "/" + strings.Trim(strings.ToLower(p.Path), "/")
	if p.Stream != "" {
		return Location{Unexpected, fmt.Sprintf("The hive is in the alternate data stream %q, where no program keeps one.", p.Stream)}
	}
	readings := roots(path)
	for _, r := range readings {
		if m, ok := find(alertMatchers, r.rest); ok {
			return Location{Alert, sentence(m.why) + r.note()}
		}
	}
	for _, r := range readings {
		if m, ok := find(placeMatchers, r.rest); ok {
			return p.weigh(m, r)
		}
	}
	if p.ImageMount {
		return Location{Informational, "The registry names a folder above as a mounted Windows image; its hives are those of another Windows."}
	}
	return Location{Unexpected, unexpected(path)}
}

func find(matchers []matcher, path string) (matcher, bool) {
	for _, m := range matchers {
		if m.expression.MatchString(path) {
			return m, true
		}
	}
	return matcher{}, false
}

// weigh turns a row that fits into a verdict on this hive.
func (p Place) weigh(m matcher, r root) Location {
	if r.prefix != "" && !p.Unpacked {
		return p.collected(m, r)
	}
	name := lastName(r.rest)
	if named := hiveOfName(name); named != "" && p.Hive != "" && named != p.Hive {
		return Location{Check, fmt.Sprintf("The file is named %q in a known place but holds %s.", lastName(p.Path), p.Hive)}
	}
	switch {
	case strings.Contains(r.rest, "/regback/") && p.Size == 0 && m.class == Informational:
		return Location{Normal, "RegBack holds empty files on Windows 10 1803 and later." + r.note()}
	case strings.Contains(r.rest, "/winsxs/") && p.Template && m.class == Informational:
		return Location{Normal, "The component store carries this template: built-in accounts only and no machine SID." + r.note()}
	case m.class != Normal:
		return Location{m.class, sentence(m.why) + r.note()}
	case p.Provenance.Method == "RegSaveKey" && p.Provenance.Confidence == "certain":
		return Location{Check, sentence(m.why) + " But this file's form is that of a save by RegSaveKey, which a hive in use never has." + r.note()}
	case p.State == "deleted" || p.State == "overwritten":
		return Location{Informational, sentence(m.why) + " But this file is deleted: a previous Windows, a restored system or a replaced hive." + r.note()}
	}
	return Location{Normal, sentence(m.why) + r.note()}
}

// collected judges a tree below a folder that is named like a drive, on a
// file system: what a collector leaves, and what looks like it.
func (p Place) collected(m matcher, r root) Location {
	for _, c := range collectors {
		if strings.Contains(r.prefix+"/", c) {
			return Location{Informational, fmt.Sprintf("The folder %q has the shape and name of a forensic collector's output; match it with the collector's process and time, and remove it after the case.", r.prefix)}
		}
	}
	return Location{Check, fmt.Sprintf("The folder %q looks like a collected or copied drive, in which %s; find out who made it.", r.prefix, m.why)}
}

// note says that the drive's root is not the volume's.
func (r root) note() string {
	if r.prefix == "" {
		return ""
	}
	return fmt.Sprintf(" The drive's root is taken to be the folder %q.", r.prefix)
}

// hiveOfName names the hive that a file's name claims, "" if none.
func hiveOfName(name string) string {
	name = strings.TrimPrefix(name, "_registry_machine_")
	for _, hive := range []string{"SAM", "SECURITY", "SYSTEM"} {
		rest, found := strings.CutPrefix(strings.ToUpper(name), hive)
		if found && (rest == "" || rest[0] == '.' || rest[0] == '_') {
			return hive
		}
	}
	return ""
}

// Places that say something about who put a hive there, though none is a
// known one.
var unexpectedHints = []struct{ inside, says string }{
	{"/$recycle.bin/", "in the Recycle Bin: somebody deleted a copy in Explorer"},
	{"/recycler/", "in the Recycle Bin: somebody deleted a copy in Explorer"},
	{"/inetpub/", "in a web server's folder, from where it can be fetched"},
	{"/wwwroot/", "in a web server's folder, from where it can be fetched"},
	{"/users/public/", "in the public profile, which everybody can write and read"},
	{"/temp/", "in a folder for temporary files"},
	{"/perflogs/", "in PerfLogs, which is empty on most computers"},
	{"/programdata/", "in ProgramData, but in no folder of a program that is known to keep hives"},
	{"/windows/system32/", "in System32, which is also where a relative file name of an elevated command ends"},
	{"/users/", "in a user's profile"},
}

func unexpected(path string) string {
	if liveAnywhere.MatchString(path) {
		return "The path looks like a live hive's but does not begin at a volume's root."
	}
	for _, h := range unexpectedHints {
		if strings.Contains(path, h.inside) {
			return "No program is known to keep a credential hive here: " + h.says + "."
		}
	}
	return "No program is known to keep a credential hive here."
}

func sentence(why string) string { return strings.ToUpper(why[:1]) + why[1:] + "." }

// ExportID returns a short id that depends on the export's content and its
// path inside the volume, not on the form of the evidence around it, so that
// an image, its E01 and a collection give the same id: "exp-" and twelve hex
// digits. Two volumes with the same file give the same id twice.
func ExportID(e Export) string {
	h := sha256.New()
	for _, part := range []string{e.Hive, e.Form, e.State, e.At.Path, e.At.Stream, e.SHA256} {
		fmt.Fprintf(h, "%d:%s,", len(part), part)
	}
	fmt.Fprintf(h, "%d", e.Size)
	return "exp-" + hex.EncodeToString(h.Sum(nil))[:12]
}
