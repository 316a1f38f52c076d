package command

import (
	"fmt"
	"strings"
)

// A Candidate is a path that a destination may stand for.
type Candidate struct {
	Path    string // absolute Windows path, or UNC; as written apart from what was resolved
	Stream  string // alternate data stream, "" for the unnamed one
	Certain bool   // the line and the record decide it; otherwise it is a possible place
	Local   bool   // on a volume of this host
	Because string // a sentence
}

// Resolve lists the absolute paths that a destination may stand for, the most
// likely first. The working directory, the image's full path and the user's
// name (with or without its domain) are those of the process; each may be "".
// For a command on another host's registry the path is that host's: give ""
// for all three and the answer holds there.
func Resolve(dest, workingDirectory, image, user string) []Candidate {
	dest = strings.Trim(strings.TrimSpace(dest), `"`)
	if dest == "" || isDevice(dest) {
		return nil
	}
	file, stream := SplitStream(dest)
	r := resolver{
		directory: strings.ReplaceAll(strings.Trim(workingDirectory, `" `), "/", `\`),
		image:     strings.ReplaceAll(strings.Trim(image, `" `), "/", `\`),
		user:      account(user),
	}
	r.windows = windowsFolder(r.image)
	out := r.places(dropDevicePrefix(strings.ReplaceAll(file, "/", `\`)))
	for i := range out {
		out[i].Path = tidy(out[i].Path)
		out[i].Stream = stream
	}
	return r.redirect(out)
}

type resolver struct{ directory, image, user, windows string }

func (r *resolver) places(file string) []Candidate {
	switch {
	case strings.Contains(file, "%"):
		return r.expanded(file)
	case hasPrefixFold(file, `\\tsclient\`):
		return []Candidate{{Path: file, Certain: true, Because: "The path is on the computer that the remote desktop session came from (\\\\tsclient)."}}
	case strings.HasPrefix(file, `\\?\`), strings.HasPrefix(file, `\\.\`):
		return []Candidate{{Path: file, Certain: true, Local: true, Because: "The path names a volume or device directly."}}
	case strings.HasPrefix(file, `\\`):
		return []Candidate{network(file)}
	case hasDrive(file) && len(file) > 2 && file[2] == '\\':
		return []Candidate{{Path: file, Certain: true, Local: true, Because: "The path is absolute as written."}}
	case hasDrive(file):
		return r.relative(file[2:], file[:2])
	case strings.HasPrefix(file, `\`):
		return []Candidate{r.rooted(file)}
	}
	return r.relative(file, "")
}

// network resolves a UNC path. Only the loopback names are known to be this
// host, and of its shares only the administrative ones have a known folder.
func network(file string) Candidate {
	host, rest, _ := strings.Cut(file[2:], `\`)
	share, rest, _ := strings.Cut(rest, `\`)
	c := Candidate{Path: file, Certain: true, Because: fmt.Sprintf("The path is on the share %q of the host %q.", share, host)}
	switch strings.ToLower(host) {
	case "localhost", "127.0.0.1", "::1", "0--1.ipv6-literal.net", ".":
	default:
		return c
	}
	c.Local = true
	switch {
	case len(share) == 2 && share[1] == '$' && hasDrive(share[:1]+":"):
		c.Path = share[:1] + `:\` + rest
		c.Because = "The path is this host's own administrative share of the drive " + strings.ToUpper(share[:1]) + "."
	case strings.EqualFold(share, "ADMIN$"):
		c.Path, c.Certain = `C:\Windows\`+rest, false
		c.Because = `The path is this host's own ADMIN$ share, which is the Windows folder; C:\Windows is assumed.`
	default:
		c.Because += " It is this host, in a folder that only its share settings name."
	}
	return c
}

// rooted resolves `\dir\file`, which lacks its drive.
func (r *resolver) rooted(file string) Candidate {
	if hasDrive(r.directory) {
		return Candidate{Path: r.directory[:2] + file, Certain: true, Local: true,
			Because: "The path lacks a drive; the process's working directory gives it."}
	}
	return Candidate{Path: r.windows[:2] + file, Local: true,
		Because: "The path lacks a drive and no working directory was recorded; the Windows drive is assumed."}
}

// relative resolves a relative path; drive is "" or a drive that it names
// without a root, as in `D:sam`.
func (r *resolver) relative(file, drive string) []Candidate {
	if fits(r.directory, drive) && (hasDrive(r.directory) || strings.HasPrefix(r.directory, `\\`)) {
		c := Candidate{Path: r.directory + `\` + file, Certain: true, Local: hasDrive(r.directory),
			Because: fmt.Sprintf("The path is relative to the process's working directory %q.", r.directory)}
		return []Candidate{c}
	}
	var out []Candidate
	add := func(folder, because string) {
		if folder == "" || !fits(folder, drive) {
			return
		}
		path := folder + `\` + file
		for _, c := range out {
			if Normal(c.Path) == Normal(path) {
				return
			}
		}
		out = append(out, Candidate{Path: path, Local: true,
			Because: "The path is relative and no working directory was recorded; " + because})
	}
	add(r.windows+`\System32`, "System32 is where services, tasks and elevated shells start.")
	if i := strings.LastIndexByte(r.image, '\\'); i > 0 {
		add(r.image[:i], "this is the folder of the program itself.")
	}
	if r.user != "" {
		add(r.profile(), "this is the user's profile, where an interactive shell starts.")
	}
	if drive != "" && len(out) == 0 {
		add(drive, "the root of the drive that it names is assumed.")
	}
	return out
}

func fits(folder, drive string) bool { return drive == "" || hasPrefixFold(folder, drive) }

// redirect follows the file system redirection of 32-bit programs on 64-bit
// Windows: an image in SysWOW64 that names System32 reaches SysWOW64.
func (r *resolver) redirect(in []Candidate) []Candidate {
	if !strings.Contains(Normal(r.image), `\windows\syswow64\`) {
		return in
	}
	var out []Candidate
	for _, c := range in {
		if i := strings.Index(lowerASCII(c.Path), `\windows\system32\`); i >= 0 && c.Local {
			d := c
			d.Path = c.Path[:i] + `\Windows\SysWOW64\` + c.Path[i+len(`\windows\system32\`):]
			d.Because += " A 32-bit program that names System32 reaches SysWOW64."
			out = append(out, d)
			c.Certain = false
		}
		if i := strings.Index(lowerASCII(c.Path), `\windows\sysnative\`); i >= 0 && c.Local {
			c.Path = c.Path[:i] + `\Windows\System32\` + c.Path[i+len(`\windows\sysnative\`):]
			c.Because += " Sysnative is System32 for a 32-bit program."
		}
		out = append(out, c)
	}
	return out
}

// windowsFolder is the Windows folder that an image's path shows, or the
// default.
func windowsFolder(image string) string {
	low := lowerASCII(image)
	for _, dir := range []string{`\system32\`, `\syswow64\`} {
		if i := strings.Index(low, dir); i > 2 && hasDrive(image) && strings.Count(image[:i], `\`) == 1 {
			return image[:i]
		}
	}
	return `C:\Windows`
}

// account cuts the domain off a user's name.
func account(user string) string {
	user = user[strings.LastIndexByte(user, '\\')+1:]
	user, _, _ = strings.Cut(user, "@")
	return user
}

// isDevice reports whether a destination is a device that keeps nothing.
func isDevice(dest string) bool {
	switch strings.ToLower(strings.TrimRight(dest, ": ")) {
	case "nul", "con", "prn", "aux", `\\.\nul`:
		return true
	}
	return false
}

// tidy gives a resolved path one spelling: single backslashes, no "." and
// "..", no trailing dots or blanks; letter case stays.
func tidy(path string) string {
	switch {
	case strings.HasPrefix(path, `\\?\`), strings.HasPrefix(path, `\\.\`):
		return path
	case strings.HasPrefix(path, `\\`):
		return `\\` + strings.Join(components(strings.TrimLeft(path, `\`)), `\`)
	case hasDrive(path):
		return path[:2] + `\` + strings.Join(components(path[2:]), `\`)
	}
	return path
}
