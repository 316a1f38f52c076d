package command

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
// name are those of the process; each may be "".
func Resolve(dest, workingDirectory, image, user string) []Candidate {
	return nil
}

// Normal returns a Windows path in the form that two spellings of the same
// path share.
func Normal(path string) string {
	return path
}

// VolumePath turns an absolute local Windows path into the volume-relative
// form of artifacts.Locator, lower case and "/"-separated, and its drive
// letter ("c"). Both are "" for a path that is not local or not absolute.
func VolumePath(path string) (relative, drive string) {
	return "", ""
}
