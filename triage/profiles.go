package triage

import (
	"context"
	"path"
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

// maxProfiles bounds the users' hives that are asked for names.
const maxProfiles = 2000

// A profileName is the folder of a user's profile and the SID that it is for.
type profileName struct{ sid, folder, because string }

// profileNames tells whose profiles lie in the evidence: by the name of the
// root of UsrClass.dat, "<SID>_Classes", and by the owner of the user's hives
// where that is a user. It reads the hives' first keys, once, and is asked
// when there is an act.
func (r *run) profileNames() []profileName {
	if r.profiles != nil {
		return r.profiles
	}
	r.profiles = append([]profileName{}, r.streamedProfiles...)
	asked := 0
	for _, entry := range r.hives {
		if profileFolder(entry.Locator()) == "" {
			continue
		}
		if asked++; asked > maxProfiles {
			break
		}
		r.profiles = append(r.profiles, profilesOf(entry)...)
	}
	return r.profiles
}

// profilesOf tells whose profile a hive lies in; nothing of other hives.
func profilesOf(entry artifacts.Entry) (names []profileName) {
	at := entry.Locator()
	folder := profileFolder(at)
	if folder == "" {
		return nil
	}
	if strings.EqualFold(path.Base(at.Path), "usrclass.dat") {
		if sid := classesOf(entry); sid != "" {
			names = append(names, profileName{sid, folder, "the root key of " + at.Place() + ", in the folder of the profile"})
		}
	}
	if owner := entry.Meta().Owner; isUser(owner) {
		names = append(names, profileName{owner, folder, "the owner of " + at.Place() + ", in the folder of the profile"})
	}
	return names
}

// profileFolder returns the name of the folder whose NTUSER.DAT or
// UsrClass.dat a file is, "" for any other file.
func profileFolder(at artifacts.Locator) string {
	if at.Stream != "" || at.Member != "" {
		return ""
	}
	parts := strings.Split(at.Path, "/")
	for _, below := range []string{"/ntuser.dat", "/appdata/local/microsoft/windows/usrclass.dat", "/local settings/application data/microsoft/windows/usrclass.dat"} {
		n := len(parts) - strings.Count(below, "/")
		if n < 2 || !strings.HasSuffix(strings.ToLower(at.Path), below) {
			continue
		}
		if above := strings.ToLower(parts[n-2]); above == "users" || above == "documents and settings" {
			return parts[n-1]
		}
	}
	return ""
}

// classesOf returns the SID in the name of a class hive's root.
func classesOf(entry artifacts.Entry) string {
	content, err := entry.Open(context.Background())
	if err != nil {
		return "" // told when it was read
	}
	defer content.Close()
	browser, err := hive.Browse(content, content.Size())
	if err != nil {
		return "" // likewise
	}
	sid, ok := strings.CutSuffix(strings.ToUpper(browser.Root().Name()), "_CLASSES")
	if !ok || !isUser(sid) {
		return ""
	}
	return sid
}

// isUser reports whether a SID is that of an account of a computer, a domain
// or Entra ID, rather than a part of Windows.
func isUser(sid string) bool {
	return strings.HasPrefix(sid, "S-1-5-21-") || strings.HasPrefix(sid, "S-1-12-1-")
}
