package registry

import (
	"crypto/sha256"
	"fmt"
	"iter"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

const (
	maxCache = 4 << 20 // bytes of an AppCompatCache that is read; real ones have less than 1 MiB
	execFlag = 2       // of the insertion flags: set when CSRSS started the program
)

// cacheKeys are the keys below Control\Session Manager that hold the cache:
// of Windows 2003 and later, and of Windows XP.
var cacheKeys = []string{"AppCompatCache", "AppCompatibility"}

// ShimCache yields the entries of the application compatibility cache in a
// SYSTEM, in the cache's order, from which Entry has the position. The cache of
// the current control set comes first; that of another one only if it differs.
//
// Existed: the file was looked at, by Explorer perhaps. Ran where the format of
// Windows Vista to 8.1 has an insertion flag that says that a process was
// started. The last data word of Windows 10 and 11 is told and not trusted.
// The time is the file's modification, not that of a run.
func ShimCache(root hive.Node) iter.Seq2[artifacts.Trace, error] {
	return func(yield func(artifacts.Trace, error) bool) {
		seen := map[[sha256.Size]byte]bool{}
		for _, set := range controlSets(root) {
			for _, name := range cacheKeys {
				path := `Control\Session Manager\` + name
				key, ok := hive.Find(set, path)
				if !ok {
					continue
				}
				e := open(key, set.Name()+`\`+path+`\AppCompatCache`, "AppCompatCache")
				if !shimCache(e, seen, yield) {
					return
				}
			}
		}
	}
}

// shimCache yields the entries of one value.
func shimCache(e *entry, seen map[[sha256.Size]byte]bool, yield func(artifacts.Trace, error) bool) bool {
	value, ok := e.values["AppCompatCache"]
	if !ok {
		return true
	}
	blob := e.data("AppCompatCache", maxCache)
	if e.failed != nil && !yield(artifacts.Trace{}, e.failed) {
		return false
	}
	sum := sha256.Sum256(blob)
	if seen[sum] || len(blob) == 0 {
		return true
	}
	seen[sum] = true
	if value.Length() > maxCache && !yield(artifacts.Trace{}, artifacts.NewProblem(artifacts.Limit, value.Offset(),
		"registry: the cache has %d bytes, %d are read", value.Length(), maxCache)) {
		return false
	}
	for c, err := range cached(blob) {
		if err != nil {
			err = artifacts.NewProblem(artifacts.Malformed, value.Offset(), "registry: %s: %w", e.path, err)
			if !yield(artifacts.Trace{}, err) {
				return false
			}
			continue
		}
		if !yield(c.trace(e.path, value.Offset()), nil) {
			return false
		}
	}
	return true
}

// trace tells an entry of the cache at a path.
func (c cachedFile) trace(path string, offset int64) artifacts.Trace {
	t := artifacts.Trace{Offset: offset, Entry: fmt.Sprintf("%s, entry %d", path, c.position),
		Artefact: InShimCache, Deed: artifacts.Existed, Program: c.path}
	t.AddTime(c.modified, fileModified)
	t.AddDetail("Format", c.format)
	t.AddDetail("Package", c.packaged)
	if c.sized {
		t.AddDetail("Size", fmt.Sprint(c.size))
	}
	t.AddTime(c.updated, "cache entry updated")
	if c.flagged {
		t.AddDetail("InsertionFlags", fmt.Sprintf("%#x", c.flags))
		t.AddDetail("ShimFlags", fmt.Sprintf("%#x", c.shims))
		if c.flags&execFlag != 0 {
			t.Deed = artifacts.Ran
			t.AddDetail("ExecutionFlag", "set: a process was started from the file")
		} else {
			t.AddDetail("ExecutionFlag", "not set")
		}
	}
	if c.tailed {
		t.AddDetail("ExecutionFlag", fmt.Sprintf("last data word %d: unreliable since Windows 10", c.tail))
	}
	return t
}
