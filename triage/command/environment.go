package command

import (
	"fmt"
	"strings"
)

// profile is the user's profile folder. Windows may have added the domain or
// a number to the folder's name, so it is never certain.
func (r *resolver) profile() string {
	switch low := strings.ToLower(r.user); {
	case low == "system", strings.HasSuffix(low, "$"):
		return r.windows + `\System32\config\systemprofile`
	case low == "local service":
		return r.windows + `\ServiceProfiles\LocalService`
	case low == "network service":
		return r.windows + `\ServiceProfiles\NetworkService`
	}
	return r.windows[:2] + `\Users\` + r.user
}

func (r *resolver) temporary() string {
	switch low := strings.ToLower(r.user); {
	case low == "", low == "system", strings.HasSuffix(low, "$"):
		return r.windows + `\Temp`
	}
	return r.profile() + `\AppData\Local\Temp`
}

// variable is the usual value of an environment variable, "" where it is not
// known. Name is lower case.
func (r *resolver) variable(name string) string {
	drive := r.windows[:2]
	switch name {
	case "systemroot", "windir":
		return r.windows
	case "comspec":
		return r.windows + `\System32\cmd.exe`
	case "systemdrive", "homedrive":
		return drive
	case "programdata", "allusersprofile":
		return drive + `\ProgramData`
	case "public":
		return drive + `\Users\Public`
	case "programfiles", "programw6432":
		return drive + `\Program Files`
	case "programfiles(x86)":
		return drive + `\Program Files (x86)`
	case "temp", "tmp":
		return r.temporary()
	}
	if r.user == "" {
		return ""
	}
	switch name {
	case "username":
		return r.user
	case "userprofile":
		return r.profile()
	case "homepath":
		return r.profile()[2:]
	case "appdata":
		return r.profile() + `\AppData\Roaming`
	case "localappdata":
		return r.profile() + `\AppData\Local`
	}
	return ""
}

// expanded resolves a path with environment variables by their usual values.
func (r *resolver) expanded(file string) []Candidate {
	text, unknown := expand(file, r.variable)
	if unknown != "" {
		return []Candidate{{Path: file, Local: true,
			Because: fmt.Sprintf("The value of %s is not recorded, so the place is unknown.", unknown)}}
	}
	if strings.Contains(text, "%") { // a lone percent sign is part of a name
		text = strings.ReplaceAll(text, "%", "\x00")
	}
	out := r.places(text)
	for i := range out {
		out[i].Path = strings.ReplaceAll(out[i].Path, "\x00", "%")
		out[i].Certain = false
		out[i].Because += fmt.Sprintf(" Environment variables of %q are taken at their usual values.", file)
	}
	return out
}

// expand replaces %NAME% by its value. The first name that has none, or that
// asks for a part or a replacement (%NAME:~1,2%), is returned and stays.
func expand(text string, value func(name string) string) (out, unknown string) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "%")
		b.WriteString(before)
		if !found {
			return b.String(), unknown
		}
		name, after, found := strings.Cut(rest, "%")
		if !found || !isVariable(name) {
			b.WriteByte('%')
			text = rest
			continue
		}
		if v := value(strings.ToLower(name)); v != "" {
			b.WriteString(v)
		} else {
			b.WriteString("%" + name + "%")
			if unknown == "" {
				unknown = "%" + name + "%"
			}
		}
		text = after
	}
}

// isVariable reports whether text between two percent signs can be the name
// of an environment variable, with or without a part or replacement.
func isVariable(name string) bool {
	base, _, _ := strings.Cut(name, ":")
	return base != "" && len(base) <= 128 && !strings.ContainsAny(base, " \t\"\\/<>|&=")
}
