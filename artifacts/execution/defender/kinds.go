package defender

import (
	"strings"

	"hivetriage/artifacts"
)

// told fills in what a line with a time tells, and reports whether that is
// anything. Lines are told apart by how they begin, for there are many.
func told(t *artifacts.Trace, text string) bool {
	for {
		tag, rest, ok := strings.Cut(text, "] ")
		if !ok || tag == "" || tag[0] != '[' {
			break
		}
		text = rest
	}
	rest, engine := strings.CutPrefix(text, "Engine:")
	switch {
	case strings.HasPrefix(text, "ProcessImageName: "):
		return impact(t, text)
	case strings.HasPrefix(text, "DETECTION"):
		return detection(t, text)
	case strings.HasPrefix(text, "Blocked file"):
		return blocked(t, text)
	case strings.HasPrefix(text, "SDN:Issuing SDN query for "):
		return queried(t, text)
	case strings.HasPrefix(text, "Filter caching disabled for "):
		t.Deed = artifacts.Existed
		name, reason, _ := strings.Cut(strings.TrimPrefix(text, "Filter caching disabled for "), " (runtime ")
		file(t, name)
		t.AddDetail("Reason", strings.TrimSuffix(reason, ")"))
		return name != ""
	case !engine:
		return false
	case strings.HasPrefix(rest, "Setting original file name "):
		return original(t, rest)
	case strings.HasPrefix(rest, "command line reported as "):
		return reported(t, rest)
	case strings.HasPrefix(rest, "EMS "):
		return memoryScan(t, rest)
	}
	return false
}

// field cuts the value out of "..., Name: value, Next: ...": it ends where the
// next name begins, "" being the end of the line.
func field(text, name, next string) string {
	_, rest, ok := strings.Cut(text, name)
	if !ok {
		return ""
	}
	if next != "" {
		if i := strings.LastIndex(rest, next); i >= 0 {
			rest = rest[:i]
		}
	}
	return rest
}

// number is the digits of a field.
func number(text, name string) string {
	rest := field(text, name, "")
	end := 0
	for end < len(rest) && (rest[end] >= '0' && rest[end] <= '9') {
		end++
	}
	return rest[:end]
}

// impact reads "ProcessImageName: reg.exe, Pid: 7968, TotalTime: 6070, Count: 24,
// MaxTime: 828, MaxTimeFile: \Device\HarddiskVolume3\x.ps1, EstimatedImpact: 100%".
func impact(t *artifacts.Trace, text string) bool {
	name, rest, _ := strings.Cut(strings.TrimPrefix(text, "ProcessImageName: "), ", Pid: ")
	if name == "" {
		return false
	}
	t.Deed, t.Program = artifacts.Ran, name
	rest = ", Pid: " + rest
	t.AddDetail("Pid", number(rest, ", Pid: "))
	t.AddDetail("FilesScanned", number(rest, ", Count: "))
	t.AddDetail("TotalTime", number(rest, ", TotalTime: "))
	longest := field(rest, ", MaxTimeFile: ", ", EstimatedImpact:")
	file(t, longest)
	if strings.Contains(longest, "->") {
		t.AddDetail("MaxTimeFile", longest)
	}
	return true
}

// detection reads
//
//	DETECTION_ADD#1 <threat> <resources> PropBag [length: 0, data: (null)]
//	DETECTION <threat> <resources>
//	DETECTIONEVENT MPSOURCE_REALTIME <threat> <resources>
//	DETECTION_CLEANEVENT MPSOURCE_REALTIME MP_THREAT_ACTION_QUARANTINE 0x80508033 <threat> <resources>
func detection(t *artifacts.Trace, text string) bool {
	kind, rest, _ := strings.Cut(text, " ")
	var before []string // the names of the words in front of the threat
	switch {
	case kind == "DETECTION", strings.HasPrefix(kind, "DETECTION_ADD"):
	case kind == "DETECTIONEVENT":
		before = []string{"Source"}
	case kind == "DETECTION_CLEANEVENT":
		before = []string{"Source", "Action", "Result"}
	default:
		return false
	}
	words := strings.SplitN(rest, " ", len(before)+2)
	if len(words) < len(before)+1 || words[len(before)] == "" {
		return false
	}
	t.Deed = artifacts.Detected
	t.AddDetail("Threat", words[len(before)])
	t.AddDetail("Line", kind)
	for i, name := range before {
		t.AddDetail(name, words[i])
	}
	if len(words) > len(before)+1 {
		list, _, _ := strings.Cut(words[len(before)+1], " PropBag [")
		resources(t, list)
	}
	return true
}

// maxResources bounds the resources of a detection.
const maxResources = 256

// resources reads a list of kinds and places, "file:C:\a.exe;process:pid:7;". A
// semicolon ends one where another or nothing follows: paths may have them.
func resources(t *artifacts.Trace, list string) {
	list = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(list), ";"))
	for n := 0; list != "" && n < maxResources; n++ {
		if !isKind(list) {
			t.AddDetail("Resource", list)
			return
		}
		kind, rest, _ := strings.Cut(list, ":")
		end, next := len(rest), ""
		for from := 0; ; {
			i := strings.IndexByte(rest[from:], ';')
			if i < 0 {
				break
			}
			from += i + 1
			if isKind(rest[from:]) {
				end, next = from-1, rest[from:]
				break
			}
		}
		resource(t, kind, rest[:end])
		list = next
	}
}

// isKind reports whether text begins with the kind of a resource: a word of
// more than one letter, a drive having one, before a colon.
func isKind(text string) bool {
	i := 0
	for i < len(text) && i < 32 && (text[i]|0x20 >= 'a' && text[i]|0x20 <= 'z') {
		i++
	}
	return i > 1 && i < len(text) && text[i] == ':'
}

// blocked reads "Blocked file(#74): C:\x.exe. Process: C:\y.exe, Status: 0x0, ...".
func blocked(t *artifacts.Trace, text string) bool {
	_, rest, ok := strings.Cut(text, ": ")
	name, rest, split := strings.Cut(rest, " Process: ")
	if !ok || !split || name == "" {
		return false
	}
	t.Deed = artifacts.Detected
	file(t, strings.TrimSuffix(name, "."))
	t.Program, rest, _ = strings.Cut(rest, ", Status: ")
	t.AddDetail("Line", "Blocked file")
	reason, _, _ := strings.Cut(field(rest, ", Reason: ", ""), ",")
	t.AddDetail("Reason", reason)
	return true
}

// queried reads "SDN:Issuing SDN query for <path> (<path>) (sha1=..., sha2=...)".
func queried(t *artifacts.Trace, text string) bool {
	rest := strings.TrimPrefix(text, "SDN:Issuing SDN query for ")
	at := strings.LastIndex(rest, " (sha1=")
	if at < 0 {
		return false
	}
	name, hashes := rest[:at], rest[at:]
	if (len(name)-3)%2 == 0 && len(name) > 3 { // the path, and again in brackets
		if half := (len(name) - 3) / 2; name[half:] == " ("+name[:half]+")" {
			name = name[:half]
		}
	}
	t.Deed = artifacts.Existed
	file(t, name)
	t.AddDetail("SHA1", hexDigits(field(hashes, "sha1=", ""), 40))
	t.AddDetail("SHA256", hexDigits(field(hashes, "sha2=", ""), 64))
	return true
}

// hexDigits returns the first n bytes of text in lower case if they are
// hexadecimal digits.
func hexDigits(text string, n int) string {
	if len(text) < n || strings.Trim(text[:n], "0123456789abcdefABCDEF") != "" {
		return ""
	}
	return strings.ToLower(text[:n])
}

// original reads `Setting original file name "psexec.c" for "c:\x\svc.exe", hr=0x0`.
func original(t *artifacts.Trace, text string) bool {
	name, rest, ok := strings.Cut(strings.TrimPrefix(text, `Setting original file name "`), `" for "`)
	end := strings.LastIndexByte(rest, '"')
	if !ok || end <= 0 {
		return false
	}
	t.Deed, t.Program = artifacts.Existed, rest[:end]
	file(t, rest[:end])
	t.AddDetail("OriginalFileName", name)
	return true
}

// reported reads "command line reported as lowfi: C:\x\reg.exe(reg save ...)".
func reported(t *artifacts.Trace, text string) bool {
	verdict, rest, ok := strings.Cut(strings.TrimPrefix(text, "command line reported as "), ": ")
	if !ok || rest == "" {
		return false
	}
	t.Deed, t.Command = artifacts.Ran, rest
	// Folders may have brackets too, "Program Files (x86)": what is called lies
	// before the first one that follows an extension.
	lower := strings.ToLower(rest)
	for from := 0; ; {
		i := strings.IndexByte(lower[from:], '(')
		if i < 0 {
			break
		}
		at := from + i
		if at >= 4 && lower[at-4] == '.' && len(lower) == len(rest) {
			t.Program, t.Command = rest[:at], strings.TrimSuffix(rest[at+1:], ")")
			break
		}
		from = at + 1
	}
	t.AddDetail("Verdict", verdict)
	return true
}

// memoryScan reads "EMS scan for process: lsass pid: 700, sigseq: ..." and
// "EMS detection: HackTool:Win64/A!!A64, sigseq=0x0, pid=6108".
func memoryScan(t *artifacts.Trace, text string) bool {
	if rest, ok := strings.CutPrefix(text, "EMS scan for process: "); ok {
		name, rest, ok := strings.Cut(rest, " pid: ")
		t.Deed, t.Program = artifacts.Ran, name
		t.AddDetail("Pid", number(" pid: "+rest, " pid: "))
		return ok && name != ""
	}
	rest, ok := strings.CutPrefix(text, "EMS detection: ")
	threat, rest, split := strings.Cut(rest, ", ")
	t.Deed = artifacts.Detected
	t.AddDetail("Threat", threat)
	t.AddDetail("Line", "EMS detection")
	t.AddDetail("Pid", number(rest, "pid="))
	return ok && split && threat != ""
}
