package profile

import (
	"strings"

	"hivetriage/artifacts"
	"hivetriage/artifacts/hive"
)

// OneDrive yields the folders that the user's accounts of OneDrive keep in
// step with the cloud: the account's own (UserFolder), and those of libraries
// of SharePoint (the names of values in Tenants, and the data of those in
// ScopeIdToMountPointPathCache). Connected, without a time: the program writes
// these keys whenever it synchronises.
func OneDrive(root hive.Node) traces {
	return func(yield func(artifacts.Trace, error) bool) {
		accounts, ok := find(root, `Software\Microsoft\OneDrive\Accounts`)
		if !ok {
			return
		}
		for account, err := range accounts.keys() {
			if err != nil {
				yield(artifacts.Trace{}, err)
				return
			}
			if !account.syncFolders(yield) {
				return
			}
		}
	}
}

// syncFolders yields the folders of one account, each once.
func (p place) syncFolders(yield func(artifacts.Trace, error) bool) bool {
	email := hive.TextOf(p.Node, "UserEmail").Value
	known := map[string]bool{}
	give := func(in place, offset int64, folder string) bool {
		key := strings.ToLower(strings.TrimRight(folder, `\`))
		if !absolute(folder) || known[key] {
			return true
		}
		known[key] = true
		t := artifacts.Trace{Artefact: InOneDrive, Deed: artifacts.Connected, Offset: offset, Entry: in.path, Paths: []string{folder}}
		t.AddDetail("account", email)
		return yield(t, nil)
	}
	if own := hive.TextOf(p.Node, "UserFolder"); !give(p, own.Offset, own.Value) {
		return false
	}
	if tenants, ok := p.below("Tenants"); ok {
		for tenant, err := range tenants.keys() {
			if err != nil {
				return yield(artifacts.Trace{}, err)
			}
			values, err := tenant.rank(func(string) (int, bool) { return 0, true })
			if err != nil && !yield(artifacts.Trace{}, err) {
				return false
			}
			for _, v := range values {
				if !give(tenant, v.Offset(), v.Name()) {
					return false
				}
			}
		}
	}
	cache, ok := p.below("ScopeIdToMountPointPathCache")
	if !ok {
		return true
	}
	values, err := cache.rank(func(string) (int, bool) { return 0, true })
	if err != nil && !yield(artifacts.Trace{}, err) {
		return false
	}
	for _, v := range values {
		folder, err := textOf(v.Datum)
		if err != nil && !yield(artifacts.Trace{}, err) || err == nil && !give(cache, v.Offset(), folder) {
			return false
		}
	}
	return true
}

// absolute reports whether a text is a path with a drive's letter.
func absolute(s string) bool { return len(s) > 3 && s[1] == ':' && s[2] == '\\' }
